// Package supplies keeps account of tubes, swabs, reagents, antigen kits and protective clothing: how many lie at each sampling
// point, each laboratory and in the depot of each area, and for how many days that lasts.
//
// Invariants: nobody types twice what the house knows: tubes and swabs are used up by hand-ins, reagents by runs, antigen kits by
// hand-outs. What came in, what left and what was counted are facts: none is refused, and an issue of more than the book says is
// kept and shows below zero. The balance is the last count and everything since; a count is right and the book is not, and one that
// differs from the book by more than the rule book allows is explained by a person. A kept balance equals the one counted anew from
// movements and use (doctor: supplies).
//
// What is used up is kept per store, item and day of the store's area, so that following it costs the intake nothing: the consumer
// sums many hand-ins and rests in between. Of the day of a count only what was known before it counts as used before it.
//
// Events out: StoreOpened, ItemAdded, StockMoved, StockCounted, StockLoaded, StockLow, StockEnough, StockExplained. Events in:
// TubesHandedIn, KitsHandedOut (screening), RunEntered, SupplyCounted (lab). TubesClosed, which journals until November 2026 have,
// is too old to say how fast anything is used.
package supplies
