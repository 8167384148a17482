package outbreak

// PointUse is what a sampling point used up with a tube it handed in.
type PointUse struct {
	Booth BoothID
	At    Instant
	Tubes int // empty ones that were filled: 0 when more members were put into one that was filled before
	Swabs int
}

// PointNeed is what a sampling point still has to do in the rounds that are open there: its part of the people who are owed a
// swab, when all points of the area share them.
type PointNeed struct {
	Scope
	People int
	Tubes  int
	Closes Instant // the last of these rounds
}
