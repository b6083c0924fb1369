"""Bills and reports as pages for people, each in one file, in English or 中文."""
