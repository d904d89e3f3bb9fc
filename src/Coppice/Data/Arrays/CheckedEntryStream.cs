namespace Coppice.Data.Arrays;

/// <summary>
/// An entry of a zip archive as it is unpacked: never more bytes than the directory claims, and at their end the checksum must be right (which the base class library does not look at).
/// </summary>
internal sealed class CheckedEntryStream(Stream unpacked, long length, uint checksum) : ForwardStream(unpacked)
{
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(value => ByteRemainder((uint)value))];
    private uint _remainder = uint.MaxValue;
    private long _left = length;

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The entry is shorter or longer than claimed, or its checksum is wrong.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;

        int count = Inner.Read(buffer[..(int)Math.Min(buffer.Length, Math.Max(1, _left))]);
        if (count > _left || (count == 0 && (_left > 0 || ~_remainder != checksum))) throw new InvalidDataException("The entry is not what its directory says.");

        _left -= count;
        foreach (byte value in buffer[..count]) _remainder = Table[(byte)(_remainder ^ value)] ^ (_remainder >> 8);
        return count;
    }

    /// <summary>CRC-32 of one byte: division by the polynomial 0x04C11DB7, bits reversed, as in zip.</summary>
    private static uint ByteRemainder(uint value)
    {
        for (int bit = 0; bit < 8; bit++) value = (value & 1) == 0 ? value >> 1 : (value >> 1) ^ 0xEDB88320;
        return value;
    }
}
