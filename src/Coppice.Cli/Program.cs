Console.WriteLine("coppice");
