// The page upload.
