package linkage

import "math"

// Frequencies says how many records carry a value, for the fields in which some values are common.
type Frequencies struct {
	Names  map[string]int // by words or characters in the order of the alphabet
	Sounds map[string]int // by reading
	Births map[Date]int
	Named  int // records with a name
	Born   int // records with a whole date
}

func count(people []*ready) Frequencies {
	f := Frequencies{Names: map[string]int{}, Sounds: map[string]int{}, Births: map[Date]int{}}
	for _, p := range people {
		if p.whole != "" {
			f.Named++
			f.Names[p.mixed]++
			for _, s := range p.sounds {
				f.Sounds[s]++
			}
		}
		if p.Birth.whole() {
			f.Born++
			f.Births[p.Birth]++
		}
	}
	return f
}

// rarer is how many bits an agreement weighs more (or, below 0, less) because n of some records carry the value, while two
// strangers share a value with probability usual. One of the n is the person asked about; a value nobody else carries is no rarer
// than the lists can tell.
func rarer(usual float64, n, of int) float64 {
	if of == 0 || usual <= 0 {
		return 0
	}
	share := max(float64(n-1)/float64(of), min(usual, 1/float64(of)))
	return math.Log2(usual / share)
}

// rarity is what the value two records agree on adds to the weight of their agreement.
func (m *Model) rarity(f Field, l Level, a, b *ready) float64 {
	switch {
	case f == FieldBirth && l == BirthSame:
		plain, worse := m.Classes[Strangers].Against[f][l], m.Classes[Strangers].Against[f][l-1]
		return max(rarer(m.Classes[Strangers].Levels[f][BirthSame], m.Seen.Births[a.Birth], m.Seen.Born), worse-plain)
	case f != FieldName || l < NameAlike:
		return 0
	case l == NameSound:
		most := 0
		for _, s := range a.sounds {
			for _, t := range b.sounds {
				if s == t {
					most = max(most, m.Seen.Sounds[s])
				}
			}
		}
		return rarer(m.soundsAlike(), most, m.Seen.Named)
	}
	own := rarer(m.Classes[Strangers].Levels[f][NameSame], max(m.Seen.Names[a.mixed], m.Seen.Names[b.mixed]), m.Seen.Named)
	switch l {
	case NameSame:
		return max(own, m.soundOf(a)-m.Classes[Strangers].Against[f][NameSame])
	case NameOrder:
		return own
	}
	return min(own, 0) // nearly a common name is common too
}

// soundOf is what sounding like the name would weigh at most: the same name weighs no less.
func (m *Model) soundOf(a *ready) float64 {
	least := 0
	for _, s := range a.sounds {
		if n := m.Seen.Sounds[s]; least == 0 || n < least {
			least = n
		}
	}
	if len(a.sounds) == 0 {
		return math.Inf(-1)
	}
	return m.Classes[Strangers].Against[FieldName][NameSound] + rarer(m.soundsAlike(), least, m.Seen.Named)
}

// soundsAlike is how often the names of two strangers share a reading.
func (m *Model) soundsAlike() float64 {
	s := m.Classes[Strangers].Levels[FieldName]
	return s[NameSound] + s[NameOrder] + s[NameSame]
}
