package access

import "breakwater/internal/outbreak"

// Sees tells whether the actor may read names and numbers of people in that scope: he holds the permission, and he said why.
func Sees(by outbreak.Actor, where outbreak.Scope) bool {
	return by.Purpose != outbreak.PurposeNone && Can(by, PersonIdentity, where)
}
