"""Draws what `bench/run cost` and `bench/run precision` have measured: plot.py RESULTS_FOLDER reads cost.csv and precision.csv, where they are there, and writes cost.svg and precision.svg."""
import csv
import pathlib
import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "coppice"  # the same picture is the same file
import matplotlib.pyplot as pyplot


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def save(figure, path):
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    print(f"wrote {path}")


def line(axes, points, x, label):
    """Medians with their ranges, and the straight line through the first point: what linear growth would be."""
    sizes = [float(point[x]) for point in points]
    medians = [float(point["milliseconds"]) for point in points]
    below = [median - float(point["least"]) for median, point in zip(medians, points)]
    above = [float(point["most"]) - median for median, point in zip(medians, points)]
    drawn = axes.errorbar(sizes, medians, yerr=[below, above], marker="o", capsize=3, label=label)
    axes.plot(sizes, [medians[0] * size / sizes[0] for size in sizes], linestyle=":", color=drawn[0].get_color(), label=f"{label}, if linear")


def plot_cost(folder):
    measured = rows(folder / "cost.csv")
    figure, panels = pyplot.subplots(1, 2, figsize=(11, 4.5))
    for axes, what, title in zip(panels, ("images", "candidates"), ("16 candidates", "512 images")):
        for kind in ("ccep", "generation"):
            line(axes, [row for row in measured if row["kind"] == kind and row["against"] == what], what, kind)
        axes.set(xscale="log", yscale="log", xlabel=what, ylabel="milliseconds", title=f"scoring {title}, ResNet-20, bf16")
        axes.legend()
    save(figure, folder / "cost.svg")


def plot_precision(folder):
    measured = rows(folder / "precision.csv")
    figure, panels = pyplot.subplots(1, 2, figsize=(11, 4.5))
    for axes, what in zip(panels, ("search_loss", "search_accuracy")):
        for precision, style in (("Float32", "-"), ("BFloat16", "--")):
            for seed in sorted({row["seed"] for row in measured}):
                run = [row for row in measured if row["precision"] == precision and row["seed"] == seed]
                axes.plot([int(row["epoch"]) for row in run], [float(row[what]) for row in run], style, marker="o", label=f"{precision}, seed {seed}")
        axes.set(xlabel="epoch", ylabel=what.replace("_", " "), xticks=sorted({int(row["epoch"]) for row in measured}))
        axes.legend()
    save(figure, folder / "precision.svg")


def main():
    folder = pathlib.Path(sys.argv[1])
    if (folder / "cost.csv").exists():
        plot_cost(folder)
    if (folder / "precision.csv").exists():
        plot_precision(folder)


if __name__ == "__main__":
    main()
