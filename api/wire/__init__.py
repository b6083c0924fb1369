"""How things stand on the wire, whichever way they go: single values, formats, strict JSON, refusals."""
