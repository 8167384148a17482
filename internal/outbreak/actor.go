package outbreak

// Actor is who acts. Nothing is written without one: a user who signed in, a program with a token, or one of our own
// journal consumers.
type Actor struct {
	User    UserID
	System  string  // "screening" for the consumer of that name; empty for people
	Purpose Purpose // why a person's record is opened
	Grants  []Grant // what the door found this actor to hold
	Cause   int64   // the journal entry a consumer answers; 0 for people
	Until   Instant // when the token he acts with ends; 0: he acts without one
	Token   int64   // which token he acts with; 0: he acts without one
}

// SystemActor is the actor of one of our own consumers or clocks.
func SystemActor(name string) Actor { return Actor{System: name} }

// String is how the journal names the actor: an id, never a name.
func (a Actor) String() string {
	if a.System != "" {
		return "system:" + a.System
	}
	return "user:" + a.User.String()
}

// Grant gives a role in an area's subtree and one outbreak. An empty path reaches everywhere, outbreak 0 every outbreak.
type Grant struct {
	Role     string     `json:"role"`
	Area     Path       `json:"area"`
	Outbreak OutbreakID `json:"outbreak"`
}

// Purpose is the declared reason for opening personal data.
type Purpose string

// The purposes a user can name; access lists their sentences.
const (
	PurposeNone          Purpose = ""
	PurposeCare          Purpose = "care"
	PurposeInvestigation Purpose = "investigation"
	PurposeSampling      Purpose = "sampling"
	PurposePlacement     Purpose = "placement"
	PurposeWelfare       Purpose = "welfare"
	PurposeAudit         Purpose = "audit"
	PurposeCorrection    Purpose = "correction"
)

// Purposes lists them in the order a form shows.
var Purposes = []Purpose{PurposeCare, PurposeInvestigation, PurposeSampling, PurposePlacement, PurposeWelfare, PurposeCorrection, PurposeAudit}

// Scope is where a thing belongs: the area and the outbreak that decide who may see it.
type Scope struct {
	Area     Path       `json:"area"`
	Outbreak OutbreakID `json:"outbreak"`
}
