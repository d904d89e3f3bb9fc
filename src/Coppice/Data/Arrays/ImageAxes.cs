using System.Collections.Immutable;

namespace Coppice.Data.Arrays;

/// <summary>Where an image array of any order has its images, channels, rows and columns: length of each, and the step in memory from one to the next.</summary>
internal sealed record ImageAxes(int Images, ImageShape Image, int ImageStep, int ChannelStep, int RowStep, int ColumnStep)
{
    /// <summary>Finds the axes of an array.</summary>
    /// <param name="array">Of 3 or 4 axes.</param>
    /// <param name="layout">Their order; null to tell it from the shape: 3 axes are [N, H, W]; of 4, that of length 1 or 3 in second or last place is C.</param>
    /// <exception cref="DataException">The shape allows no order or two.</exception>
    public static ImageAxes Of(StoredArray array, ArrayLayout? layout)
    {
        string order = (layout ?? Guess(array)) switch { ArrayLayout.Nchw => "nchw", ArrayLayout.Nhwc => "nhwc", _ => "nhw" };
        return order.Length == array.Shape.Length
            ? Of(array, order)
            : throw array.Fault($"an array in the order {order} has {order.Length} axes", $"'{array.Name}' is {array.ShapeText}", "correct --layout or leave it out");
    }

    /// <summary>The axes in the order of some letters of n, c, h, w.</summary>
    public static ImageAxes Of(StoredArray array, string order)
    {
        int[] steps = Steps(array.Shape, array.IsColumnMajor);
        int Length(char axis) => order.IndexOf(axis, StringComparison.Ordinal) is var i and >= 0 ? array.Shape[i] : 1;
        int Step(char axis) => order.IndexOf(axis, StringComparison.Ordinal) is var i and >= 0 ? steps[i] : 0;
        return new(Length('n'), new(Length('c'), Length('h'), Length('w')), Step('n'), Step('c'), Step('h'), Step('w'));
    }

    /// <summary>Brings pixels into the order [N, C, H, W]; the same array where they have it already.</summary>
    public byte[] Arrange(byte[] pixels)
    {
        int plane = Image.Height * Image.Width;
        if ((ColumnStep, RowStep, ImageStep) == (1, Image.Width, Image.PixelCount) && (ChannelStep == plane || Image.Channels == 1)) return pixels;

        byte[] arranged = new byte[pixels.Length];
        int next = 0;
        for (int n = 0; n < Images; n++)
        {
            for (int c = 0; c < Image.Channels; c++)
            {
                for (int y = 0; y < Image.Height; y++)
                {
                    int from = (n * ImageStep) + (c * ChannelStep) + (y * RowStep);
                    for (int x = 0; x < Image.Width; x++) arranged[next++] = pixels[from + (x * ColumnStep)];
                }
            }
        }

        return arranged;
    }

    private static int[] Steps(ImmutableArray<int> shape, bool isColumnMajor)
    {
        int[] steps = new int[shape.Length];
        int step = 1;
        foreach (int axis in isColumnMajor ? Enumerable.Range(0, shape.Length) : Enumerable.Range(0, shape.Length).Reverse())
        {
            steps[axis] = step;
            step *= shape[axis];
        }

        return steps;
    }

    private static ArrayLayout Guess(StoredArray array)
    {
        if (array.Shape.Length == 3) return ArrayLayout.Nhw;
        if (array.Shape.Length != 4)
            throw array.Fault("images are N x H x W, N x H x W x C or N x C x H x W", $"'{array.Name}' is {array.ShapeText}", "give an array of images");

        bool channelsSecond = array.Shape[1] is 1 or 3, channelsLast = array.Shape[3] is 1 or 3;
        if (channelsSecond != channelsLast) return channelsSecond ? ArrayLayout.Nchw : ArrayLayout.Nhwc;
        throw array.Fault(
            "the axis of 1 or 3 channels is the second or the last", $"'{array.Name}' is {array.ShapeText}, where {(channelsLast ? "both" : "neither")} may be", "say which by --layout nchw or --layout nhwc");
    }
}
