package outbreak

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// events are all kinds of facts there are.
var events = []Event{
	ContactsLoaded{}, ContactWithdrawn{}, MappingSaved{},
	CaseOpened{}, CaseStepDone{}, CaseClassified{}, CaseInQuestion{}, CaseUpheld{}, CaseDiscarded{}, CaseEdited{}, CasesEdited{}, CasesLoaded{}, CasesReported{}, TubeResulted{}, TubesNegative{}, TubesReceived{},
	LabAdded{}, KitAdded{}, ToolChanged{}, SupplyCounted{}, CrateSent{}, CrateTaken{}, TubesStamped{}, RunEntered{}, RunReleased{}, RepeatAsked{}, RunDoubted{}, RunCleared{}, RunVoided{}, LabAlarmRaised{}, LabAlarmSettled{},
	TaskOpened{}, TaskEnded{}, TaskTaken{}, EventParked{}, EventUnparked{}, UserChanged{}, OutbreakDeclared{}, AreasLoaded{},
	PeopleLoaded{}, PeopleArrived{}, PersonRegistered{}, IdentityRead{}, IdentitySearched{}, PersonErased{}, IdentityCorrected{}, IdentityDiffers{}, IdentityDecided{}, PeopleMerged{}, PeopleUnmerged{}, PeopleKeptApart{}, PeoplePutBack{}, DuplicatesFound{}, HouseholdJoined{}, LinkageLearnt{}, PlaceNamed{}, PlacesDecided{}, VisitRecorded{}, VisitsRead{}, VisitsExpired{}, KeyChanged{}, BoxIssued{}, ExportMade{}, BackupMade{}, SiteOpened{}, BedNeeded{}, BedNeedEnded{}, BedReserved{},
	ReservationCancelled{}, PersonArrived{}, BedGiven{}, PersonDischarged{}, RoundOpened{}, RoundClosed{}, TubesHandedIn{}, TubesClosed{}, TubeSpoiled{}, SampleAgainAsked{},
	SampleAgainMet{}, RecallOpened{}, RecallClosed{}, MemberHeld{}, MemberResampled{}, MemberReleased{}, PersonPositive{}, PersonResultRevised{}, MemberTakenOut{},
	OutcomesRecorded{}, DeviceEnrolled{}, DeviceEnded{}, SheetAgreed{}, AnomalyRaised{}, AnomalySettled{}, ProtocolPlanned{}, ProtocolPlanDropped{}, ProtocolChanged{}, CaseClocksMoved{}, HoldShortened{}, TaskMoved{}, TripRequested{}, VehicleAssigned{}, PickedUp{}, TripEnded{}, VehicleAdded{}, ResultSecretsGiven{}, ResultSecretChanged{}, ResultLineSet{}, PositiveTold{}, KitsHandedOut{}, SelfTestReported{}, SelfTestFollowed{}, PoolSearchOpened{}, PoolSearchStepped{}, PoolSearchEnded{}, TellingOpened{}, TellingDropped{},
	PartyKept{}, PartySilent{}, ListLoaded{}, ListSetAside{}, ListsCompared{}, DifferencesSettled{}, FieldsOwned{}, CorrectionsSent{}, ExportDefined{}, StatutoryExported{}, WorkListMade{}, WorkListShared{}, WorkListOpened{}, WorkListEnded{}, WorkListDeleted{}, RollCalled{},
	PersonalCodesGiven{}, SamplerAdded{}, SamplerBadged{}, BadgeShown{}, SamplerEnded{}, SamplerSignedOn{}, SerialsIssued{}, SerialsEnded{}, RoundPlanned{}, RoundCancelled{}, RoundHeldBack{}, RoundClosing{}, DeviceLossDeclared{}, DoorSheetsPrinted{}, DoorSheetFilled{}, DoorSheetEnded{}, CallBackAsked{}, CallBackFound{}, RehearsalPassed{},
	StoreOpened{}, ItemAdded{}, StockMoved{}, StockCounted{}, StockLoaded{}, StockLow{}, StockEnough{}, StockExplained{},
	ListViewSaved{}, ListViewDropped{},
}

// filled gives an event with something in every field, always the same.
func filled(e Event) Event {
	v := reflect.New(reflect.TypeOf(e)).Elem()
	n := 0
	fill(v, &n)
	return v.Interface().(Event)
}

func fill(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, n)
		fill(value, n)
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString(fmt.Sprintf("v%d", *n))
		if v.Type() == reflect.TypeFor[Path]() {
			v.SetString("/22/2202/")
		}
	case reflect.Bool:
		v.SetBool(true)
	default:
		if v.Type() == reflect.TypeFor[Instant]() {
			v.SetInt(1_647_216_000_000 + int64(*n))
			return
		}
		v.SetInt(int64(*n))
	}
}

// TestAnEventIsWrittenAsEver holds the bodies of the journal: fields are added, never renamed, moved or taken away, because
// what was written years ago is read again.
func TestAnEventIsWrittenAsEver(t *testing.T) {
	for _, e := range events {
		t.Run(e.Kind(), func(t *testing.T) {
			e := filled(e)
			body, err := json.MarshalIndent(e, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.Join("testdata", e.Kind()+".golden")
			if *update {
				if err := os.MkdirAll("testdata", 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(name, append(body, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			golden, err := os.ReadFile(name)
			if err != nil {
				t.Fatalf("%v: a new kind of event is written with -update", err)
			}
			if !bytes.Equal(bytes.TrimSpace(golden), body) {
				t.Errorf("the body of %s changed:\n%s\nit was:\n%s", e.Kind(), body, golden)
			}
			back := reflect.New(reflect.TypeOf(e))
			if err := json.Unmarshal(golden, back.Interface()); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(back.Elem().Interface(), any(e)) {
				t.Errorf("read back it is %+v instead of %+v", back.Elem().Interface(), e)
			}
		})
	}
}

// TestEveryKindOfEventHasAGoldenBody reads the source, so that a new kind is not forgotten above.
func TestEveryKindOfEventHasAGoldenBody(t *testing.T) {
	listed := map[string]bool{}
	for _, e := range events {
		name := reflect.TypeOf(e).Name()
		if listed[name] {
			t.Errorf("%s is listed twice", name)
		}
		if listed[name] = true; e.Kind() != name {
			t.Errorf("%s calls itself %s", name, e.Kind())
		}
	}
	files, err := filepath.Glob("event_*.go")
	if err != nil {
		t.Fatal(err)
	}
	kind := regexp.MustCompile(`func \((?:e )?(\w+)\) Kind\(\) string`)
	found := 0
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range kind.FindAllSubmatch(text, -1) {
			if found++; !listed[string(m[1])] {
				t.Errorf("%s in %s is not among the events of this test", m[1], f)
			}
		}
	}
	if found != len(events) {
		t.Errorf("%d kinds in the source, %d in this test", found, len(events))
	}
}

func TestAnEntryIsReadAsItsOwnKindAlone(t *testing.T) {
	body, err := json.Marshal(filled(TubeSpoiled{}))
	if err != nil {
		t.Fatal(err)
	}
	e := Entry{Seq: 1, Kind: "TubeSpoiled", Body: body}
	if got, is, err := As[TubeSpoiled](e); err != nil || !is || got != filled(TubeSpoiled{}) {
		t.Errorf("%+v %v %v", got, is, err)
	}
	if _, is, err := As[TubeResulted](e); err != nil || is {
		t.Errorf("read as another kind: %v %v", is, err)
	}
	e.Body = []byte("{")
	if _, _, err := As[TubeSpoiled](e); err == nil {
		t.Error("a torn body was read")
	}
}
