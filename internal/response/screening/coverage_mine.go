package screening

import (
	"context"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// watched is what the coverage knows of people besides tubes: few of them, by number.
type watched struct {
	held  map[int64]holding
	told  map[inThatRound]told
	self  map[int64]outbreak.Instant // positive self-tests whose swab is owed, when they were made
	lines map[lineKey]Line
	whole bool // the rounds that closed of late were read as well
}

type inThatRound struct {
	no    int64
	round outbreak.RoundID
}

func newWatched() watched {
	return watched{held: map[int64]holding{}, told: map[inThatRound]told{}, self: map[int64]outbreak.Instant{}, lines: map[lineKey]Line{}}
}

// watchedKinds are the entries after which a person is looked up anew.
var watchedKinds = map[string]bool{"MemberHeld": true, "MemberResampled": true, "MemberReleased": true, "HoldShortened": true, "PersonPositive": true,
	"PersonResultRevised": true, "PositiveTold": true, "SelfTestReported": true, "SelfTestFollowed": true}

// about is the person such an entry is about.
type about struct {
	Person outbreak.PersonID `json:"person"`
}

// warming is the refusal of a look-up while the tables are being read.
func warming() error {
	busy := outbreak.Refuse(outbreak.Busy, "screening.warming")
	busy.RetryAfter = 5 * time.Second
	return busy
}

// MyResult tells what the person with a number may know of the own result at an instant. It reads arrays in memory, of each
// round one place, and nothing else; it refuses with Busy while the tables are being read after a start.
func (c *Coverage) MyResult(no int64, now outbreak.Instant) (Mine, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if !c.ready {
		return Mine{}, warming()
	}
	alone := [1]int64{no}
	nos := alone[:]
	if all := c.codes[no]; all != nil {
		nos = all
	}
	var stay, over bool
	var self outbreak.Instant
	for _, n := range nos {
		h, held := c.watched.held[n]
		stay = stay || held && h.stays(now)
		over = over || held
		self = max(self, c.watched.self[n])
	}
	var best, reached Mine
	var newest, newestReached *roundView
	var area outbreak.Path
	var negative outbreak.Instant
	for _, v := range c.rounds {
		m, minus, tubes, at := v.mine(c, nos, now, stay, over)
		negative = max(negative, minus)
		if m.State == MyNone {
			continue
		}
		if m.State == MyStay || newer(v, newest) && best.State != MyStay {
			best, newest = m, v
			if at != "" {
				area = at
			}
		}
		if tubes && newer(v, newestReached) {
			reached, newestReached = m, v
		}
	}
	switch {
	case newest != nil:
	case stay: // the round of the pool is in memory no more
		best.State = MyStay
	case !c.watched.whole:
		return Mine{}, warming()
	default:
		best.State = MyNone
	}
	if stay && best.State != MyStay && best.State != MyPositive {
		best.State, best.At = MyStay, 0
	}
	if reached.State == MyPositive && best.State != MyStay { // nobody with an own positive is sent to a sampling point
		best = reached
	}
	if best.State != MyNegative && best.State != MyPositive {
		best.Negative = negative
	}
	if self != 0 && best.State != MyPositive && best.State != MyStay && self > best.At {
		best.State, best.At = MySelfTest, self
	}
	if newest != nil && area == "" {
		area = newest.round.Area
	}
	l := c.watched.lineFor(area, best.Outbreak)
	best.Phone, best.Place = l.Phone, l.Place
	best.Next = now.Add(patience[best.State])
	if best.State == MyNotSampled && newest.round.Opens > now {
		best.Next = min(newest.round.Opens, now.Add(stillest))
	}
	return best, nil
}

// newer tells whether a round opened after another, or there is no other.
func newer(v, than *roundView) bool {
	return than == nil || v.round.Opens > than.round.Opens || v.round.Opens == than.round.Opens && v.round.ID > than.round.ID
}

// mine tells what a person may know of one round, when the swab of a negative was taken, whether the person is in any of its
// tubes, and the person's area when it is on the roll.
func (v *roundView) mine(c *Coverage, nos []int64, now outbreak.Instant, stay, over bool) (m Mine, minus outbreak.Instant, tubes bool, area outbreak.Path) {
	var p inRound
	var recorded outbreak.Outcome
	shows := false
	for _, no := range nos {
		t, positive := c.watched.told[inThatRound{no, v.round.ID}]
		shows = shows || positive && t.shows <= now
		stay = stay || positive && t.stayed && t.shows > now
	}
	for _, no := range nos {
		p.look(v, no, shows)
		if r := v.onRoll(no); r != nil && area == "" {
			area = r.area
		}
		if len(v.recorded) > 0 && recorded == "" {
			recorded = v.recorded[no]
		}
	}
	if !p.tubes {
		p.lost = v.leftBy(nos) // taken out of a tube: yet to be swabbed
	}
	m = Mine{Round: v.round.Name, Outbreak: v.round.Outbreak}
	m.State, m.At = p.state(stay, over, recorded, v.round.State != Closed)
	if p.negative != 0 {
		minus = instant(p.negative)
	}
	return m, minus, p.tubes, area
}

// lineFor gives what residents of an area are shown.
func (w *watched) lineFor(area outbreak.Path, ob outbreak.OutbreakID) Line {
	for {
		if l, ok := w.lines[lineKey{area, ob}]; ok && (l.Phone != "" || l.Place != "") {
			return l
		}
		if l, ok := w.lines[lineKey{area, 0}]; ok && (l.Phone != "" || l.Place != "") {
			return l
		}
		if area == "" {
			return Line{}
		}
		area = area.Parent()
	}
}

// watch looks up anew what is known of a person.
func (c *Coverage) watch(tx *store.Tx, who outbreak.PersonID) error {
	const his = "person = $1"
	rows, err := readWatched(tx, his, his, his, who)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	rows.into(&c.watched)
	return nil
}

// watchedRows are rows of the tables behind it, those that are over among them.
type watchedRows struct {
	held []RecallMember
	told []toldRow
	self []selfRow
}

type toldRow struct {
	inThatRound
	told
	over bool
}

type selfRow struct {
	no    int64
	at    outbreak.Instant
	owing bool
}

func readWatched(tx *store.Tx, held, tells, self string, args ...any) (w watchedRows, err error) {
	if w.held, err = store.List(tx, scanMember, "select "+memberColumns+" from recall_member where "+held, args...); err != nil {
		return w, err
	}
	if w.told, err = store.List(tx, func(r store.Row) (t toldRow, err error) {
		var x Telling
		var ended outbreak.Instant
		var stayed int64
		err = r.Scan(&t.no, &t.round, &x.ShowsAt, &x.ToldAt, &ended, &stayed)
		t.told, t.over = told{shows: x.shows(), stayed: stayed != 0}, ended != 0
		return t, err
	}, "select no, round, shows_at, told_at, ended_at, stayed from positive_telling where "+tells, args...); err != nil {
		return w, err
	}
	w.self, err = store.List(tx, func(r store.Row) (x selfRow, err error) {
		var result outbreak.Result
		var followed outbreak.Instant
		err = r.Scan(&x.no, &result, &x.at, &followed)
		x.owing = result == outbreak.Positive && followed == 0
		return x, err
	}, "select no, result, at, followed_at from self_test where "+self, args...)
	return w, err
}

// into replaces what was known of the numbers in the rows.
func (w watchedRows) into(k *watched) {
	for _, m := range w.held {
		delete(k.held, m.No)
	}
	for _, m := range w.held {
		if m.EndedAt != 0 {
			continue
		}
		h := k.held[m.No]
		if m.HeldTo == 0 {
			if h.running && (h.until == 0 || m.HeldUntil == 0) {
				h.until = 0
			} else {
				h.until = max(h.until, m.HeldUntil)
			}
			h.running = true
		}
		k.held[m.No] = h
	}
	for _, t := range w.told {
		delete(k.told, t.inThatRound)
	}
	for _, t := range w.told {
		if t.over {
			continue
		}
		now := t.told
		if was, more := k.told[t.inThatRound]; more {
			now = told{shows: min(was.shows, now.shows), stayed: was.stayed || now.stayed}
		}
		k.told[t.inThatRound] = now
	}
	for _, x := range w.self {
		delete(k.self, x.no)
	}
	for _, x := range w.self {
		if x.owing {
			k.self[x.no] = max(k.self[x.no], x.at)
		}
	}
}

// watchAll reads everybody whom something is still known of.
func (c *Coverage) watchAll(tx *store.Tx) error {
	rows, err := readWatched(tx, "ended_at = 0", "ended_at = 0", "followed_at = 0 and result = 'positive'")
	if err != nil {
		return err
	}
	w := newWatched()
	rows.into(&w)
	c.mu.Lock()
	c.watched = w
	c.mu.Unlock()
	return c.setLines(tx)
}

// setLines takes the lines over after one was set.
func (c *Coverage) setLines(tx *store.Tx) error {
	list, err := readLines(tx)
	if err != nil {
		return err
	}
	lines := map[lineKey]Line{}
	for _, l := range list {
		lines[lineKey{l.Area, l.Outbreak}] = l
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watched.lines = lines
	return nil
}

// shownFor is how long after its end a round that was closed complete is still read at a start, so that people find their result.
const shownFor = 7 * 24 * time.Hour

// readRecent reads the rounds that closed of late, after the open ones: until then people who are in none of those are asked to
// come back.
func (c *Coverage) readRecent(ctx context.Context) error {
	var ids []outbreak.RoundID
	err := c.s.db.Read(ctx, func(tx *store.Tx) (err error) {
		ids, err = store.List(tx, store.Value[outbreak.RoundID], "select id from round where state = $1 and complete = 1 and closed_at > $2 order by closed_at desc limit $3",
			Closed, tx.Now.Add(-shownFor), mostClosed)
		return err
	})
	for _, id := range ids {
		if err == nil {
			err = c.hold(ctx, id)
		}
	}
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watched.whole = true
	return nil
}
