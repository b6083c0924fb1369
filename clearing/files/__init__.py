"""A problem and a result as folders of CSV or Parquet files, and pictures of a result.

`book.read_book` reads a problem, `result.write_result` writes what the engine decided about it, and
`result.read_result` reads that back so that `clearing.receipt.verify` can check it. `plot` draws it.
"""
