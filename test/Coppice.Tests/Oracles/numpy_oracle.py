"""Arrays of images as NumPy stores them: numpy_oracle.py DIR writes DIR/KIND.npz for each kind that it prints.

Image n, channel c, row h, column w has the pixel (37 n + 11 c + 5 h + 3 w w) mod 256; label n is n mod 4. x_train has 5 images, x_test the 3 after them, of 2 × 4 pixels with 1 or 3 channels.
KIND is TYPE-ORDER-LAYOUT-LABELS: bytes, integers or floats (f4s: divided by 255); C or F order; where the axes are; type of the labels.
"""
import os
import sys

import numpy

KINDS = [
    ("u1", "C", "nchw", "u1"), ("u1", "F", "nchw", "i8"), ("u1", "C", "nhwc", "i4"), ("u1", "F", "nhwc", "u1"), ("u1", "C", "nhw", "u1"), ("u1", "F", "nhw", "f4"),
    ("i4", "C", "nhwc", "i8"), ("i8", "F", "nchw", "i4"), (">i4", "C", "nhw", ">i8"), ("<u2", "C", "nchw", ">u2"),
    ("f4", "C", "nhwc", "i8"), ("f4s", "F", "nhwc", "i8"), (">f4s", "C", "nchw", "u1"), ("f8s", "C", "nhw", "i1"), ("f8", "F", "nhw", "f8"),
]


def images(first, count, channels):
    n, c, h, w = numpy.ogrid[first:first + count, 0:channels, 0:2, 0:4]
    return (37 * n + 11 * c + 5 * h + 3 * w * w) % 256


def stored(pixels, kind, order, layout):
    if layout == "nhwc":
        pixels = pixels.transpose(0, 2, 3, 1)
    if layout == "nhw":
        pixels = pixels[:, 0]
    values = pixels / numpy.float64(255) if kind.endswith("s") else pixels
    return numpy.array(values, dtype=kind.rstrip("s"), order=order)


for number, (kind, order, layout, labels) in enumerate(KINDS):
    channels = 1 if layout == "nhw" else 3
    arrays = {}
    for split, first, count in (("train", 0, 5), ("test", 5, 3)):
        arrays["x_" + split] = stored(images(first, count, channels), kind, order, layout)
        y = numpy.array([n % 4 for n in range(first, first + count)], dtype=labels)
        arrays["y_" + split] = y if number % 2 else y.reshape(-1, 1)
    name = f"{kind}-{order}-{layout}-{labels}".replace(">", "b").replace("<", "l")
    (numpy.savez_compressed if number % 3 else numpy.savez)(os.path.join(sys.argv[1], name + ".npz"), **arrays)
    print(name)
