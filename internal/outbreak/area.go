package outbreak

import "strings"

// AreaID is the small number of an area in the keys of hot tables; 0 is "no area known" (an orphan).
type AreaID int64

// Path is an area's place in the tree: the codes from the root down, each between slashes ("/220000/220200/220204/").
// A subtree is a prefix, so rights and sums need no look-up. The empty path is the whole world.
type Path string

// Contains tells whether other lies in the subtree of p (p itself included).
func (p Path) Contains(other Path) bool { return strings.HasPrefix(string(other), string(p)) }

// Child gives the path of a child with that code.
func (p Path) Child(code string) Path {
	if p == "" {
		p = "/"
	}
	return p + Path(code) + "/"
}

// Parent gives the path one level up; empty at the root.
func (p Path) Parent() Path {
	s := strings.TrimSuffix(string(p), "/")
	i := strings.LastIndexByte(s, '/')
	if i <= 0 {
		return ""
	}
	return Path(s[:i+1])
}

// Code gives the last code of the path.
func (p Path) Code() string {
	s := strings.TrimSuffix(string(p), "/")
	return s[strings.LastIndexByte(s, '/')+1:]
}

// Upto gives the text just after every path of the subtree: p <= x < p.Upto() holds for exactly the subtree, in any
// database that compares bytes.
func (p Path) Upto() string {
	if p == "" {
		return "\x7f"
	}
	return string(p[:len(p)-1]) + "0" // '0' follows '/'
}
