using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Coppice.Graph;
using Coppice.Pruning;
using Coppice.Search;
using Coppice.Tensors;
using Coppice.Training;
using Microsoft.Data.Sqlite;

namespace Coppice.Runs;

/// <summary>
/// The file <c>study.db</c> of a run folder (SQLite, write-ahead log): every score of every candidate, by what it depends on. A search that is begun again, after a stop or for other reasons,
/// finds there what it has paid for already.
/// </summary>
public sealed class StudyStore : IEvaluationMemo, IDisposable
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "study.db";

    /// <summary>Version of the tables, in the file as <c>user_version</c>.</summary>
    private const int Schema = 1;

    /// <summary>To be raised when the same candidate gets another score than before: old scores are then no more found.</summary>
    private const int ScoreVersion = 3;

    private const int SecondsToWait = 5;

    private readonly string _path;
    private readonly Lock _gate = new(); // walks that go on side by side remember what they have measured
    private readonly SqliteConnection _connection;

    private StudyStore(string path, SqliteConnection connection) => (_path, _connection) = (path, connection);

    /// <summary>Scores that were found instead of measured.</summary>
    public long Recalled { get; private set; }

    /// <summary>What has gone wrong since it was opened, after which nothing is found or remembered any more; null for nothing. A score never depends on it.</summary>
    public string? Fault { get; private set; }

    /// <summary>Opens the file, or makes it.</summary>
    /// <param name="path">Where.</param>
    /// <exception cref="CoppiceException">It is not a study of this version, or cannot be opened.</exception>
    public static StudyStore Open(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = SecondsToWait, Pooling = false }.ToString());
        var store = new StudyStore(path, connection);
        try
        {
            store.Guarded(() =>
            {
                connection.Open();
                store.Prepare();
            });
            return store;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Checks, before anything else in its folder is touched, that a file can be opened if there is one.</summary>
    /// <exception cref="CoppiceException">It cannot.</exception>
    public static void Check(string path)
    {
        if (File.Exists(path))
        {
            Open(path).Dispose();
        }
    }

    /// <inheritdoc/>
    public IEvaluationShelf Open(PruningSpace space, PruningProblem problem, FitnessImages images)
    {
        string weights = NetworkHash.Of(space.Units.Network), data = images.ContentHash, fidelity = Fidelity(space, problem);
        string context = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{weights} {data} {fidelity}")));
        Try(() => Execute("INSERT OR IGNORE INTO context (id, weights, data, fidelity) VALUES ($1, $2, $3, $4)", context, weights, data, fidelity));
        return new Shelf(this, context);
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    /// <summary>All that a score depends on beside network and images, as JSON.</summary>
    private static string Fidelity(PruningSpace space, PruningProblem problem) => JsonSerializer.Serialize(
        new
        {
            version = ScoreVersion,
            scoring = problem.Scoring,
            precision = problem.Precision.ToString(),
            repairSeed = problem.Repairs ? problem.Seed : (ulong?)null,
            groups = string.Join(' ', space.Groups.Select(group => string.Create(CultureInfo.InvariantCulture, $"{group.Name}:{group.Size}"))),
            libtorch = TorchRuntime.Version,
            device = problem.Device.ToString(),
            processor = RunEnvironment.ProcessorName(),
        },
        RunDirectory.Json);

    private void Prepare()
    {
        Execute("PRAGMA journal_mode = WAL");
        Execute("PRAGMA synchronous = NORMAL");
        long version = (long)Scalar("PRAGMA user_version")!;
        if (version is not (0 or Schema))
        {
            throw new CoppiceException($"Cannot use '{_path}': it is of version {version}, this program reads version {Schema}; delete it, or choose another folder with -o.");
        }

        Execute(
            """
            CREATE TABLE IF NOT EXISTS context (id TEXT PRIMARY KEY, weights TEXT NOT NULL, data TEXT NOT NULL, fidelity TEXT NOT NULL) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS evaluation (
                context TEXT NOT NULL REFERENCES context (id), genome TEXT NOT NULL,
                images INTEGER NOT NULL, correct INTEGER NOT NULL, loss_sum REAL NOT NULL, squared_loss_sum REAL NOT NULL,
                PRIMARY KEY (context, genome)) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS image_scores (
                context TEXT NOT NULL REFERENCES context (id), genome TEXT NOT NULL, losses BLOB NOT NULL, correct BLOB NOT NULL,
                PRIMARY KEY (context, genome)) WITHOUT ROWID;
            """);
        Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {Schema}"));
    }

    private object? Scalar(string sql)
    {
        using var command = Command(sql);
        return command.ExecuteScalar();
    }

    private void Execute(string sql, params ReadOnlySpan<object> values)
    {
        using var command = Command(sql, values);
        command.ExecuteNonQuery();
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        for (int i = 0; i < values.Length; i++)
        {
            command.Parameters.AddWithValue(string.Create(CultureInfo.InvariantCulture, $"${i + 1}"), values[i]);
        }

        return command;
    }

    private void Guarded(Action action)
    {
        try
        {
            action();
        }
        catch (SqliteException fault)
        {
            throw new CoppiceException($"Cannot use '{_path}': {fault.Message.TrimEnd('.')}. Delete it, end the run that holds it, or choose another folder with -o.", fault);
        }
    }

    private void Try(Action action)
    {
        lock (_gate)
        {
            if (Fault is not null)
            {
                return;
            }

            try
            {
                action();
            }
            catch (SqliteException fault)
            {
                Fault = fault.Message;
            }
        }
    }

    private sealed class Shelf(StudyStore store, string context) : IEvaluationShelf
    {
        public ClassificationMetrics? Find(BitGenome genome)
        {
            ClassificationMetrics? found = null;
            store.Try(() =>
            {
                using var command = store.Command("SELECT images, correct, loss_sum, squared_loss_sum FROM evaluation WHERE context = $1 AND genome = $2", context, Key(genome));
                using var reader = command.ExecuteReader();
                found = reader.Read() ? new(reader.GetInt32(0), reader.GetInt32(1), reader.GetDouble(2), reader.GetDouble(3)) : null;
                store.Recalled += found is null ? 0 : 1;
            });
            return found;
        }

        public void Add(ImmutableArray<(BitGenome Genome, ClassificationMetrics Metrics)> scores) => store.Try(() =>
        {
            using var transaction = store._connection.BeginTransaction();
            foreach (var (genome, metrics) in scores.Where(score => double.IsFinite(score.Metrics.LossSum) && double.IsFinite(score.Metrics.SquaredLossSum)))
            {
                store.Execute("INSERT OR REPLACE INTO evaluation VALUES ($1, $2, $3, $4, $5, $6)", context, Key(genome), metrics.Images, metrics.Correct, metrics.LossSum, metrics.SquaredLossSum);
            }

            transaction.Commit();
        });

        public ImageScores? FindScores(BitGenome genome, int images)
        {
            ImageScores? found = null;
            store.Try(() =>
            {
                using var command = store.Command("SELECT losses, correct FROM image_scores WHERE context = $1 AND genome = $2", context, Key(genome));
                using var reader = command.ExecuteReader();
                found = reader.Read() ? ImageScores.TryRead((byte[])reader[0], (byte[])reader[1], images) : null;
                store.Recalled += found is null ? 0 : 1;
            });
            return found;
        }

        public void AddScores(ImmutableArray<(BitGenome Genome, ImageScores Scores)> scores) => store.Try(() =>
        {
            using var transaction = store._connection.BeginTransaction();
            foreach (var (genome, measured) in scores)
            {
                var (losses, correct) = measured.ToBytes();
                store.Execute("INSERT OR REPLACE INTO image_scores VALUES ($1, $2, $3, $4)", context, Key(genome), losses, correct);
            }

            transaction.Commit();
        });

        private static string Key(BitGenome genome) => genome.ContentHash.ToString("x32", CultureInfo.InvariantCulture);
    }
}
