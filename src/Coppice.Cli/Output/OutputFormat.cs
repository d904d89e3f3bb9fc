namespace Coppice.Cli.Output;

/// <summary>How data are printed.</summary>
internal enum OutputFormat
{
    /// <summary>For people.</summary>
    Table,

    /// <summary>For programs: property names and meanings stay from version to version.</summary>
    Json,
}
