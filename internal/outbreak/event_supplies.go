package outbreak

// StoreOpened says that supplies of a sampling point, a laboratory or an area are kept account of.
type StoreOpened struct {
	Scope
	Store StoreID `json:"store"`
	What  string  `json:"what"` // booth, lab, depot
}

// ItemAdded says that a site keeps account of something more.
type ItemAdded struct {
	Scope
	Item string `json:"item"`
	Pack int    `json:"pack"`
}

// StockMoved says that supplies came in or left. What leaves for another store is two of them with one number.
type StockMoved struct {
	Scope
	Store    StoreID `json:"store"`
	Item     string  `json:"item"`
	Move     MoveID  `json:"move"`
	How      string  `json:"how"`
	Quantity int64   `json:"quantity"` // less than 0: it left
	Balance  int64   `json:"balance"`  // by the book, after it
	At       Instant `json:"at"`
}

// StockCounted says how many there are. Differs is set when the book said something so different that somebody has to find out
// why.
type StockCounted struct {
	Scope
	Store   StoreID `json:"store"`
	Item    string  `json:"item"`
	Move    MoveID  `json:"move"`
	Counted int64   `json:"counted"`
	Booked  int64   `json:"booked"`
	Differs bool    `json:"differs,omitempty"`
	At      Instant `json:"at"`
}

// StockLoaded says that receipts and counts came in with a file.
type StockLoaded struct {
	Scope
	Batch  BatchID `json:"batch"`
	Moves  int     `json:"moves"`
	Counts int     `json:"counts"`
	Digest string  `json:"digest"`
}

// StockLow says that a store's supplies of an item will not last as long as the rule book wants.
type StockLow struct {
	Scope
	Store   StoreID `json:"store"`
	Item    string  `json:"item"`
	Balance int64   `json:"balance"`
	RunsOut Instant `json:"runs_out"`
	At      Instant `json:"at"`
}

// StockEnough says that they will again.
type StockEnough struct {
	Scope
	Store StoreID `json:"store"`
	Item  string  `json:"item"`
	At    Instant `json:"at"`
}

// StockExplained says why a count differed from the book.
type StockExplained struct {
	Scope
	Store   StoreID `json:"store"`
	Item    string  `json:"item"`
	Move    MoveID  `json:"move"`
	Verdict string  `json:"verdict"`
}

func (StoreOpened) Kind() string    { return "StoreOpened" }
func (ItemAdded) Kind() string      { return "ItemAdded" }
func (StockMoved) Kind() string     { return "StockMoved" }
func (StockCounted) Kind() string   { return "StockCounted" }
func (StockLoaded) Kind() string    { return "StockLoaded" }
func (StockLow) Kind() string       { return "StockLow" }
func (StockEnough) Kind() string    { return "StockEnough" }
func (StockExplained) Kind() string { return "StockExplained" }
