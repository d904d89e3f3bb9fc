namespace Coppice.Data.Arrays;

/// <summary>
/// An entry of a zip archive as it is unpacked: never more bytes than the directory claims, and at their end the checksum must be right (which the base class library does not look at).
/// </summary>
internal sealed class CheckedEntryStream(Stream unpacked, long length, uint checksum) : Stream
{
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(value => ByteRemainder((uint)value))];
    private uint _remainder = uint.MaxValue;
    private long _left = length;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The entry is shorter or longer than claimed, or its checksum is wrong.</exception>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc cref="Read(byte[], int, int)"/>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;

        int count = unpacked.Read(buffer[..(int)Math.Min(buffer.Length, Math.Max(1, _left))]);
        if (count > _left || (count == 0 && (_left > 0 || ~_remainder != checksum))) throw new InvalidDataException("The entry is not what its directory says.");

        _left -= count;
        foreach (byte value in buffer[..count]) _remainder = Table[(byte)(_remainder ^ value)] ^ (_remainder >> 8);
        return count;
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) unpacked.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>CRC-32 of one byte: division by the polynomial 0x04C11DB7, bits reversed, as in zip.</summary>
    private static uint ByteRemainder(uint value)
    {
        for (int bit = 0; bit < 8; bit++) value = (value & 1) == 0 ? value >> 1 : (value >> 1) ^ 0xEDB88320;
        return value;
    }
}
