// The page explore.
