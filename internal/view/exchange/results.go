package exchange

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
)

// resultShape is what a laboratory reports: one row for each statement about a tube.
var resultShape = shape{
	headers: map[Field][]string{
		fieldTube:    {"tube", "tubecode", "barcode", "samplecode", "specimen", "采样管", "采样管编号", "试管编号", "管号", "条码", "管码", "样本编号", "采样管条码"},
		fieldLab:     {"lab", "laboratory", "labname", "labid", "检测机构", "实验室", "检测单位"},
		fieldResult:  {"result", "testresult", "结果", "检测结果", "核酸结果"},
		fieldRanAt:   {"ranat", "ran", "testedat", "resultat", "reportedat", "检测时间", "出结果时间", "报告时间"},
		fieldMessage: {"message", "messageid", "reportid", "statementid", "报告编号", "消息编号", "流水号"},
	},
	needs: [][]Field{{fieldTube}, {fieldResult}},
	key:   func(*row) []string { return nil }, // two statements about one tube are a revision, not a repetition
}

// report gives the row as the laboratory's room takes it. A statement with neither time nor number gets a number made of what
// it says, so that the same file again says nothing new.
func (r *row) report() lab.Report {
	x := lab.Report{Tube: outbreak.TubeCode(r.cells[fieldTube]), Result: outbreak.Result(r.cells[fieldResult]), RanAt: r.at, Message: r.cells[fieldMessage]}
	if x.Message == "" && x.RanAt == 0 {
		sum := sha256.Sum256([]byte(strings.Join([]string{r.cells[fieldTube], r.cells[fieldLab], r.cells[fieldResult]}, "\x00")))
		x.Message = "row-" + hex.EncodeToString(sum[:8])
	}
	return x
}
