"""What is told, described: shapes that are not run, but held against every answer and message by the tests."""
