"""What goes out: one function per noun makes what stands on the wire from the market's dataclasses.

The one idea: decimal strings with the unit in the field's name, times in UTC, nothing computed here
but the change of units. docs/wire.md lists the fields.
"""
