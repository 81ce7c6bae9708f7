// The page evidence.
