using Spectre.Console;
using Spectre.Console.Rendering;

namespace Coppice.Cli.Output;

/// <summary>Prints tables on standard output: aligned, wrapped at the width of a terminal and never in a file, bold where a person watches.</summary>
internal sealed class TablePrinter(Terminal terminal)
{
    /// <summary>Prints a line.</summary>
    public void Line(string text = "") => terminal.Output.WriteLine(text);

    /// <summary>Prints a line that nobody must miss: red where a person watches.</summary>
    public void Alert(string text) => Write(new Text(text, new Style(Color.Red, decoration: Decoration.Bold)));

    /// <summary>Prints names and values in two columns.</summary>
    public void Facts(params IEnumerable<(string Name, string Value)> facts)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadLeft(0).PadRight(2)).AddColumn(new GridColumn().Padding(0, 0));
        foreach (var (name, value) in facts)
        {
            grid.AddRow(new Text(name), new Text(value));
        }

        Write(grid);
    }

    /// <summary>Prints a table. Columns whose heading starts with <c>#</c> hold numbers and are aligned to the right.</summary>
    public void Table(IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table().Border(TableBorder.None);
        for (int i = 0; i < headings.Count; i++)
        {
            var column = new TableColumn(new Text(headings[i].TrimStart('#'), new Style(decoration: Decoration.Bold))) { Padding = new(0, 0, i < headings.Count - 1 ? 2 : 0, 0) };
            table.AddColumn(headings[i].StartsWith('#') ? column.RightAligned() : column);
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Select(cell => new Text(cell)));
        }

        Write(table);
    }

    /// <summary>Cells are padded to the width of their column; at the end of a line that is of no use to anybody.</summary>
    private void Write(IRenderable content)
    {
        using var text = new StringWriter();
        Consoles.Create(text, terminal.IsOutputInteractive, terminal).Write(content);
        foreach (string line in text.ToString().TrimEnd('\n').Split('\n'))
        {
            terminal.Output.WriteLine(line.TrimEnd());
        }
    }
}
