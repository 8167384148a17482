package exchange

// tubeShape is a sampling list: one row for each member of a tube.
var tubeShape = shape{
	headers: map[Field][]string{
		fieldRound:        {"round", "roundid", "轮次", "轮次编号", "检测轮次"},
		fieldTube:         {"tube", "tubecode", "barcode", "samplecode", "采样管", "采样管编号", "试管编号", "管号", "条码", "管码", "样本编号", "采样管条码"},
		fieldBooth:        {"booth", "boothid", "site", "samplingpoint", "采样点", "采样点编号"},
		fieldTaken:        {"taken", "takenat", "sampledat", "samplingtime", "collected", "collectedat", "采样时间", "采集时间"},
		fieldPerson:       {"person", "personid", "personcode", "人员编号", "人员代码", "个人编号"},
		fieldRollNo:       {"rollno", "no", "rollnumber", "number", "名册号", "名册编号", "花名册编号"},
		fieldDocumentKind: {"documentkind", "documenttype", "idkind", "idtype", "证件类型", "证件种类"},
		fieldDocument:     {"document", "documentnumber", "idnumber", "idno", "证件号", "证件号码", "身份证", "身份证号", "身份证号码", "公民身份号码"},
	},
	needs: [][]Field{{fieldTube}, {fieldTaken}, {fieldPerson, fieldRollNo, fieldDocument}},
	key: func(r *row) []string {
		return []string{r.cells[fieldRound], r.cells[fieldTube], r.cells[fieldPerson], r.cells[fieldRollNo], r.cells[fieldDocument]}
	},
}
