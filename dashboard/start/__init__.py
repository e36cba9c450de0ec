"""The page 开始: one file per step."""
