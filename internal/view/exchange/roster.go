package exchange

import (
	"strconv"

	"breakwater/internal/ledger/registry"
)

// rosterShape is a roll of people. Only the area is needed: nobody needs a document to be on the roll.
var rosterShape = shape{
	headers: map[Field][]string{
		fieldArea:         {"area", "areacode", "code", "community", "communitycode", "社区", "社区代码", "区划代码", "行政区划代码", "地区代码", "所属社区", "小区代码"},
		fieldHousehold:    {"household", "householdid", "householdkey", "familyid", "户号", "户编号", "家庭编号", "户籍号", "户口号"},
		fieldBuilding:     {"building", "楼栋", "楼号", "楼", "幢"},
		fieldDoor:         {"door", "room", "unit", "flat", "门牌", "门牌号", "房号", "室", "房间号"},
		fieldAddress:      {"address", "地址", "住址", "居住地址", "现住址", "家庭住址", "详细地址"},
		fieldName:         {"name", "fullname", "姓名", "名字"},
		fieldDocumentKind: {"documentkind", "documenttype", "idkind", "idtype", "证件类型", "证件种类"},
		fieldDocument:     {"document", "documentnumber", "idnumber", "idno", "nationalid", "passport", "证件号", "证件号码", "身份证", "身份证号", "身份证号码", "公民身份号码", "护照号"},
		fieldSex:          {"sex", "gender", "性别"},
		fieldBirth:        {"birth", "birthdate", "dateofbirth", "dob", "出生日期", "出生年月日", "生日"},
		fieldAge:          {"age", "年龄", "岁数"},
		fieldPhone:        {"phone", "phonenumber", "telephone", "mobile", "tel", "电话", "手机", "手机号", "手机号码", "联系电话", "联系方式"},
	},
	needs: [][]Field{{fieldArea}},
	key: func(r *row) []string {
		if r.cells[fieldDocument] == "" {
			return nil // all of it
		}
		return []string{r.cells[fieldDocumentKind], r.cells[fieldDocument]}
	},
}

// person gives the row as the registry takes it. An age is no birth date, and none is invented: it becomes a birth year, which
// may be one too late.
func (r *row) person() registry.NewPerson {
	return registry.NewPerson{Area: r.cells[fieldArea], Household: r.household(), Building: r.cells[fieldBuilding], Door: r.cells[fieldDoor],
		Sex: r.cells[fieldSex], BirthYear: r.birthYear(), Identity: registry.Identity{Name: r.cells[fieldName], DocumentKind: r.cells[fieldDocumentKind],
			Document: r.cells[fieldDocument], Birth: r.cells[fieldBirth], Phone: r.cells[fieldPhone], Address: r.cells[fieldAddress]}}
}

// birthYear is the year somebody of the age in the row was born, seen from the day of the import; 0 when none is said or the
// birth date says it better.
func (r *row) birthYear() int {
	age, err := strconv.Atoi(r.cells[fieldAge])
	if err != nil || r.cells[fieldBirth] != "" || r.scan.o.Now == 0 {
		return 0
	}
	return r.scan.o.Now.Time().Year() - age
}

// household is what people of one household have in common. Where neither key nor door is named it is the address, of which
// the registry keeps a keyed digest here and the text under the person's seal alone.
func (r *row) household() string {
	if r.cells[fieldDoor] == "" && r.cells[fieldHousehold] == "" {
		return r.cells[fieldAddress]
	}
	return r.cells[fieldHousehold]
}
