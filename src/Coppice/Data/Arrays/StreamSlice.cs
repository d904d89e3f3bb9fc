namespace Coppice.Data.Arrays;

/// <summary>The next bytes of a stream as a stream of their own; owns the stream.</summary>
/// <param name="inner">Begins at the first of them.</param>
/// <param name="length">How many; the slice ends earlier where the stream does.</param>
/// <param name="padding">Bytes that may follow to the stream's end, which is then read so that its checksum is compared; null to leave alone what follows.</param>
internal sealed class StreamSlice(Stream inner, long length, int? padding = null) : Stream
{
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
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">More follows than padding.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;

        int count = _left > 0 ? inner.Read(buffer[..(int)Math.Min(buffer.Length, _left)]) : 0;
        _left -= count;
        if (_left == 0 && count == 0 && padding is { } most) RequireEnd(most);
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
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }

    private void RequireEnd(int most)
    {
        Span<byte> rest = stackalloc byte[most + 1];
        if (inner.ReadAtLeast(rest, rest.Length, throwOnEndOfStream: false) > most) throw new InvalidDataException("More follows than padding.");
    }
}
