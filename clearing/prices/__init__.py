"""Prices: which ones support a result, which of them is taken, and the tick they are paid at.

`support.support` is the way in. `conditions` turns a result into inequalities between two prices,
`system` finds the highest and lowest of all prices that keep them, `families` says which accepted
blocks would lose, `program` chooses where inequalities of more than two prices have a say, `ticks`
rounds, `bound` proves.

Sign convention, here and nowhere else: a price is what one Wh more, needed in that area, costs.
Sending forward over line i → j earns the line

    rent = (1 − loss) · ρ(j) − ρ(i) − fee          ticks, ρ the connection prices

and a flow that is best obeys: rent ≥ 0 where something is sent, rent ≤ 0 where more could be.
An area's limits: ρ ≥ π where it could export less, ρ ≤ π where it could export more.
"""
