"""Pictures, and what PIL and torchvision make of them.

picture_oracle.py pictures DIR   writes pictures of every kind into DIR, and beside each NAME: NAME.rgb and NAME.grey, [H, W, C] bytes of convert("RGB") and convert("L"); and for each pair of
                                 RESIZE and CROP below NAME.RESIZE-CROP, [3, H, W] bytes after Resize(RESIZE) and CenterCrop(CROP) (0: left out). Prints a line NAME WIDTH HEIGHT for each
                                 picture, and NAME.RESIZE-CROP WIDTH HEIGHT for each result.
picture_oracle.py folder DIR     prints the classes of torchvision's ImageFolder(DIR), one a line, an empty line, then LABEL PATH for each of its samples.
"""
import io
import os
import sys

import numpy
from PIL import Image
from torchvision import datasets, transforms

PREPARATIONS = [(0, 0), (16, 0), (17, 16), (48, 40), (0, 20), (0, 64), (23, 30)]


def scene(width, height, channels):
    """Edges, gradients and noise: what shows differences of decoders and filters."""
    random = numpy.random.default_rng(width * 1000 + height)
    y, x = numpy.mgrid[0:height, 0:width]
    planes = [(x * (3 + c) + y * 5) % 256 for c in range(channels)]
    picture = numpy.stack(planes, axis=-1).astype(numpy.float64)
    picture[height // 3: height // 2, width // 4: width // 2] = 250
    picture += random.normal(0, 20, picture.shape)
    return numpy.clip(picture, 0, 255).astype(numpy.uint8)


def write_pictures(folder):
    colour, odd, tall = Image.fromarray(scene(64, 48, 3)), Image.fromarray(scene(37, 61, 3)), Image.fromarray(scene(5, 90, 3))
    save = lambda image, name, **options: image.save(os.path.join(folder, name), **options)
    save(colour, "subsampled.jpg", quality=75)
    save(odd, "odd.jpeg", quality=90, subsampling=1)
    save(odd, "full.JPG", format="JPEG", quality=95, subsampling=0)
    save(tall, "tall.jpg", quality=80)
    save(colour, "progressive.jpg", quality=70, progressive=True)
    save(colour.convert("L"), "grey.jpg", quality=85)
    save(Image.fromarray(scene(40, 30, 4), "CMYK"), "inks.jpg", quality=90)
    save(colour, "colour.png")
    save(odd.convert("L"), "grey.png")
    save(odd.convert("1"), "bits.png")
    save(colour.convert("P", palette=Image.ADAPTIVE, colors=200), "palette.png")
    save(colour.convert("P", palette=Image.ADAPTIVE, colors=11), "palette4.png", bits=4, transparency=0)
    save(Image.fromarray(scene(33, 20, 4), "RGBA"), "alpha.png")
    save(Image.fromarray(scene(33, 20, 2), "LA"), "grey-alpha.png")
    with open(os.path.join(folder, "damaged.jpg"), "wb") as file:   # bytes that do not belong there, which decoders pass over
        plain = io.BytesIO()
        colour.save(plain, "JPEG", quality=75)
        bytes_ = plain.getvalue()
        end = 4 + int.from_bytes(bytes_[4:6], "big")   # of the first segment
        file.write(bytes_[:end] + b"\x00\x01" + bytes_[end:])


def write_results(folder):
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        picture = Image.open(path)
        rgb = picture.convert("RGB")
        open(path + ".rgb", "wb").write(numpy.asarray(rgb).tobytes())
        open(path + ".grey", "wb").write(numpy.asarray(rgb.convert("L")).tobytes())
        print(name, rgb.width, rgb.height)
        for resize, crop in PREPARATIONS:
            steps = ([transforms.Resize(resize)] if resize else []) + ([transforms.CenterCrop(crop)] if crop else [])
            result = transforms.Compose(steps)(rgb)
            open(f"{path}.{resize}-{crop}", "wb").write(numpy.asarray(result).transpose(2, 0, 1).tobytes())
            print(f"{name}.{resize}-{crop}", result.width, result.height)


if sys.argv[1] == "pictures":
    write_pictures(sys.argv[2])
    write_results(sys.argv[2])
else:
    images = datasets.ImageFolder(sys.argv[2])
    print("\n".join(images.classes) + "\n")
    for path, label in images.samples:
        print(label, os.path.relpath(path, sys.argv[2]))
