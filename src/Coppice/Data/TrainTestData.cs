namespace Coppice.Data;

/// <summary>A data set as published: its training images and its official test images.</summary>
/// <param name="Train">Cut into the train and the search split by <see cref="DataSplits"/>.</param>
/// <param name="Test">Goes behind a <see cref="SealedSplit"/>.</param>
public sealed record TrainTestData(ImageDataset Train, ImageDataset Test);
