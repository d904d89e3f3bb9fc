namespace Coppice.Graph.Channels;

/// <summary>
/// Where the channels of a value lie. A value without a layout stays whole: an input of the network, or what a barrier writes.
/// </summary>
/// <param name="Axis">Axis of the value along which they lie: 1 of [N, C, H, W], 2 of the tokens [N, T, C] of a transformer.</param>
/// <param name="Ids">Channel id of each position along that axis; ids may repeat.</param>
public sealed record ChannelLayout(int Axis, int[] Ids);
