package drill

import (
	"fmt"
	"math/rand/v2"
	"time"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// City is a synthetic city with a fictional name. Nobody in it exists: names are drawn from lists, and document numbers carry
// an area code that was never issued.
type City struct {
	Name        string
	Districts   []Area
	Communities []Community
	People      []Resident
}

// Area of the city.
type Area struct{ Code, Parent, Level, Name, NameEn string }

// Community is one community with the people it has on its roll.
type Community struct {
	Area
	Path        outbreak.Path
	First, Last int // its people: City.People[First:Last]
}

// Resident is somebody of the city.
type Resident struct {
	Community int
	Household int
	Building  string
	Door      string
	Identity  registry.Identity
	Sex       string
	No        int64             // on the roll
	ID        outbreak.PersonID // as the house knows the person
	Infected  outbreak.Instant  // the truth; 0: not
}

const root = "99" // no country's code

var districtNames = [...][2]string{{"东港区", "Donggang"}, {"西岭区", "Xiling"}, {"南浦区", "Nanpu"}, {"北原区", "Beiyuan"}, {"中洲区", "Zhongzhou"}, {"云溪区", "Yunxi"}}

var communityNames = [...]string{"梧桐", "望江", "和平", "新桥", "槐安", "青石", "春晓", "长堤", "月湖", "松林", "朝晖", "柳荫", "石榴", "白塔", "安宁", "枫桥", "海棠", "竹园", "金桂", "银杏"}

var (
	surnames = []rune("王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈")
	given    = []rune("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国文志海波宇晨浩然雨欣怡佳")
)

// household sizes as shares of a hundred: the mean is 2.3 as in the 2020 census of Jilin.
var householdSizes = [...]int{1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4, 4, 5}

// NewCity makes a city of so many people, the same for the same seed.
func NewCity(people int, seed uint64) *City {
	rng := rand.New(rand.NewPCG(seed, 20220314))
	c := &City{Name: "澜海市 Lanhai"}
	for i, n := range districtNames {
		c.Districts = append(c.Districts, Area{Code: fmt.Sprintf("%s01%02d", root, i+1), Parent: root + "01", Level: "district", Name: n[0], NameEn: n[1] + " District"})
	}
	perCommunity := min(max(people/40, 150), 2500)
	for made := 0; made < people; {
		i := len(c.Communities)
		d := c.Districts[i%len(c.Districts)]
		n := i/len(c.Districts) + 1
		size := min(perCommunity, people-made)
		if people-made-size < perCommunity/2 {
			size = people - made // no crumb of a community at the end
		}
		com := Community{Area: Area{Code: fmt.Sprintf("%s%03d", d.Code, n), Parent: d.Code, Level: "community",
			Name: communityNames[(i*7)%len(communityNames)] + fmt.Sprint(n) + "社区", NameEn: fmt.Sprintf("%s Community %d", d.NameEn, n)}, First: made, Last: made + size}
		com.Path = outbreak.Path("/" + root + "/" + root + "01/" + d.Code + "/" + com.Code + "/")
		c.Communities = append(c.Communities, com)
		c.fill(rng, i, size)
		made += size
	}
	return c
}

// Areas lists the tree, parents first.
func (c *City) Areas() []Area {
	all := []Area{{Code: root, Level: "province", Name: "演示省", NameEn: "Demo Province"}, {Code: root + "01", Parent: root, Level: "city", Name: "澜海市", NameEn: "Lanhai"}}
	all = append(all, c.Districts...)
	for _, com := range c.Communities {
		all = append(all, com.Area)
	}
	return all
}

// fill makes the people of one community, household by household.
func (c *City) fill(rng *rand.Rand, community, size int) {
	household := 0
	if n := len(c.People); n > 0 {
		household = c.People[n-1].Household + 1
	}
	for made, door := 0, 0; made < size; household, door = household+1, door+1 {
		members := min(householdSizes[rng.IntN(len(householdSizes))], size-made)
		surname := surnames[rng.IntN(len(surnames))]
		for m := range members {
			c.People = append(c.People, c.person(rng, community, household, door, m, surname))
		}
		made += members
	}
}

func (c *City) person(rng *rand.Rand, community, household, door, member int, surname rune) Resident {
	age := 25 + rng.IntN(60)
	if member >= 2 {
		age = rng.IntN(20)
	}
	birth := time.Date(2022-age, time.Month(1+rng.IntN(12)), 1+rng.IntN(28), 0, 0, 0, 0, time.UTC)
	sex := registry.Sexes[rng.IntN(2)]
	name := string(surname) + string(given[rng.IntN(len(given))])
	if rng.IntN(3) > 0 {
		name += string(given[rng.IntN(len(given))])
	}
	n := len(c.People)
	body := fmt.Sprintf("9%02d%03d%s%03d", n/1_000_000, n/1000%1000, birth.Format("20060102"), n%1000) // no two alike
	r := Resident{Community: community, Household: household, Sex: sex, Building: fmt.Sprintf("%d号楼", door/60+1), Door: fmt.Sprintf("%d-%02d%02d", door/60+1, door%60/4+1, door%4+1),
		Identity: registry.Identity{Name: name, DocumentKind: registry.CitizenID, Document: body + string(registry.CitizenCheck(body)), Birth: birth.Format(time.DateOnly),
			Phone: fmt.Sprintf("1990%07d", len(c.People)%10_000_000)}}
	if rng.IntN(200) == 0 { // nobody needs a document
		r.Identity.DocumentKind, r.Identity.Document = registry.NoDocument, ""
	}
	return r
}

// Seed infects people: a few households, their neighbours, a share of a thousandth.
func (c *City) Seed(rng *rand.Rand, share float64, at outbreak.Instant) []int {
	want := max(int(float64(len(c.People))*share), 3)
	var infected []int
	for len(infected) < want {
		first := rng.IntN(len(c.People))
		for i := first; i < min(first+12, len(c.People)) && len(infected) < want; i++ {
			same := c.People[i].Household == c.People[first].Household
			if c.People[i].Infected == 0 && (same || rng.IntN(4) == 0) {
				c.People[i].Infected = at
				infected = append(infected, i)
			}
		}
	}
	return infected
}
