package table

import (
	"strings"
	"testing"
)

// headersOf are the headers of lists as they come, a column a line: what it is called, and the field it has to be suggested for; none where
// it is no field of ours. They are those of line lists and reporting cards in Chinese, and of the exports and forms of systems in use.
var headersOf = map[string]string{
	"流行病学调查一览表": `序号=case_id
姓名=name
性别=sex
年龄=age
身份证号=document
联系电话=phone
现住址=address
工作单位=
职业=occupation
发病日期=onset
首诊日期=
采样日期=sampled
检测结果=result
确诊日期=diagnosed
临床分型=severity
入院日期=hospitalised
收治医院=hospital
出院日期=discharged
隔离日期=isolated
转归=outcome
转归日期=outcome_date
传染源=infector
备注=notes`,
	"传染病报告卡": `卡片编号=case_id
患者姓名=name
患儿家长姓名=
有效证件号=document
性别=sex
出生日期=birth
年龄=age
年龄单位=age_unit
联系电话=phone
现住地址国标=
现住详细地址=address
人群分类=occupation
病例分类=classification
发病日期=onset
诊断时间=diagnosed
死亡日期=died
疾病名称=
填卡医生=
医生填卡日期=reported
报告单位=hospital
县区审核时间=
备注=notes`,
	"密切接触者登记表": `密接姓名=contact
密接者身份证号码=document
与病例关系=relation
接触方式=exposure
接触地点=setting
首次接触日期=exposed_from
末次接触日期=exposed_to
关联病例=infector
手机号码=phone
居住地址=address
所属社区=area`,
	"定点医院报表": `住院号=
病人姓名=name
性别=sex
年龄（岁）=age
证件号码=document
证件类型=document_kind
本人电话=phone
家庭住址=address
医院=hospital
入院时间=hospitalised
病情程度=severity
核酸检测结果=result
N基因CT值=ct
出院时间=discharged
治疗结局=outcome`,
	"个案表": `病例编号=case_id
患者名字=name
出生年月日=birth
手机=phone
身份证号码=document
现居住地=address
所在区县=area
起病日期=onset
发病时间（年月日）=
标本采集时间=sampled
报告时间=reported
病例类型=classification
发现途径=via
感染来源=exposure
聚集性疫情名称=cluster
疫苗接种剂次=vaccinated`,
	"SORMAS import": `epidNumber=case_id
disease=
reportDate=reported
responsibleDistrict=area
healthFacility=hospital
caseClassification=classification
caseOrigin=origin
outcome=outcome
outcomeDate=outcome_date
person.firstName=given_name
person.lastName=family_name
person.sex=sex
person.birthdateYYYY=
person.approximateAge=age
person.approximateAgeType=age_unit
person.phone=phone
person.address.street=address
person.occupationType=occupation
symptoms.onsetDate=onset
hospitalization.admissionDate=hospitalised
hospitalization.dischargeDate=discharged
quarantineFrom=isolated`,
	"Go.Data export": `visualId=case_id
firstName=given_name
lastName=family_name
gender=sex
dob=birth
age.years=age
occupation=occupation
classification=classification
dateOfOnset=onset
dateOfReporting=reported
dateOfOutcome=outcome_date
outcomeId=outcome
addresses[0].phoneNumber=phone
addresses[0].addressLine1=address
addresses[0].city=area
documents[0].number=document
wasContact=
dateOfLastContact=exposed_to
exposureTypeId=exposure`,
	"WHO VHF": `ID=case_id
Surname=family_name
OtherNames=given_name
Gender=sex
Age=age
AgeUnit=age_unit
PhoneNumber=phone
VillageRes=area
Occupation=occupation
EpiCaseDef=classification
DateOnset=onset
DateReport=reported
DateIsolation=isolated
HospitalCurrent=hospital
DateHospitalCurrent=hospitalised
DateSampleCollected=sampled
DateDeath=died
FinalStatus=outcome
SourceCaseID=infector
RelationshipToCase=relation`,
	"DHIS2 tracker": `Tracked entity instance=
Enrollment date=
Organisation unit name=
Local Case ID=case_id
First Name=given_name
Surname=family_name
Sex=sex
Date of birth=birth
Age in years=age
National ID=document
Telephone (local)=phone
Home Address=address
Date of symptoms onset=onset
Date of specimen collection=sampled
Lab Test Result=result
Case classification=classification
Health Outcome=outcome
Facility name=hospital`,
}

// TestColumnsOfListsInUseAreSuggested reads each header alone, without a value that would help.
func TestColumnsOfListsInUseAreSuggested(t *testing.T) {
	for list, text := range headersOf {
		var names, want []string
		for line := range strings.SplitSeq(text, "\n") {
			i := strings.LastIndex(line, "=")
			names, want = append(names, line[:i]), append(want, line[i+1:])
		}
		for i, s := range suggest(make([]Column, len(names)), names) {
			if s.Field != want[i] {
				t.Errorf("%s: %q is suggested for %q, want %q (%.2f %v)", list, names[i], s.Field, want[i], s.Score, s.Others)
			}
		}
	}
}
