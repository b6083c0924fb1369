// Lists of one kind by state, each read by itself: what moves on between two readings stands in both.

/** All of them once; the later list knows better. */
export function once<Item>(idOf: (item: Item) => string, ...lists: (readonly Item[])[]): Item[] {
  return [...new Map(lists.flat().map((item) => [idOf(item), item])).values()];
}
