namespace Coppice.Data.Arrays;

/// <summary>The next bytes of a stream as a stream of their own; owns the stream.</summary>
/// <param name="inner">Begins at the first of them.</param>
/// <param name="length">How many; the slice ends earlier where the stream does.</param>
/// <param name="padding">Bytes that may follow to the stream's end, which is then read so that its checksum is compared; null to leave alone what follows.</param>
internal sealed class StreamSlice(Stream inner, long length, int? padding = null) : ForwardStream(inner)
{
    private long _left = length;

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">More follows than padding.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;

        int count = _left > 0 ? Inner.Read(buffer[..(int)Math.Min(buffer.Length, _left)]) : 0;
        _left -= count;
        if (_left == 0 && count == 0 && padding is { } most) RequireEnd(most);
        return count;
    }

    private void RequireEnd(int most)
    {
        Span<byte> rest = stackalloc byte[most + 1];
        if (Inner.ReadAtLeast(rest, rest.Length, throwOnEndOfStream: false) > most) throw new InvalidDataException("More follows than padding.");
    }
}
