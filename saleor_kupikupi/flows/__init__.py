"""What we do, one verb a file. A flow reads, commits, calls, commits: database and network never overlap."""
