"""What every benchmark of several parts shares: bars, processes, gauges, and how it is run."""
