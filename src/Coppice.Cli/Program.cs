using Coppice.Cli;

using var interruption = new Interruption();
return await new Application(Terminal.OfProcess()).RunAsync(args, interruption.Token);
