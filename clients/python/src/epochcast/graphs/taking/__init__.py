"""From a torch module to a graph. All of it needs torch."""
