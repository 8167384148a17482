package registry

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folded is a name as it is compared: each of its words in the same width, letter case and, as far as a small table goes, the
// same characters. Accents, dots and apostrophes are gone.
type folded []string

// whole is the name without the gaps between its words.
func (f folded) whole() string { return strings.Join(f, "") }

// han tells whether the name is written in Chinese characters alone.
func (f folded) han() bool {
	for _, r := range f.whole() {
		if !unicode.Is(unicode.Han, r) {
			return false
		}
	}
	return len(f) > 0
}

// latin tells whether the name is written in the letters a to z alone.
func (f folded) latin() bool {
	for _, r := range f.whole() {
		if r < 'a' || r > 'z' {
			return false
		}
	}
	return len(f) > 0
}

const longestName = 64 // characters of a name that are looked at; names of 40 characters are known

// foldName makes names alike that people write differently: NFKC, small letters, without accents, traditional characters as
// simplified ones. Spaces, dots in the middle and hyphens part words, apostrophes join them.
func foldName(name string) folded {
	if f, plain := foldPlain(name); plain {
		return f
	}
	return foldWhole(name)
}

func foldWhole(name string) folded {
	var b strings.Builder
	n := 0
	for _, r := range norm.NFKD.String(strings.ToLower(norm.NFKC.String(name))) {
		if n++; n > 4*longestName {
			break
		}
		if plain, special := plainLetters[r]; special {
			b.WriteString(plain)
			continue
		}
		switch {
		case r == '\'' || r == '’' || r == '‘' || r == '`' || unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mc, r):
			b.WriteRune(simplified(r))
		default:
			b.WriteByte(' ')
		}
	}
	words := strings.Fields(norm.NFC.String(b.String()))
	left := longestName
	for i, w := range words {
		runes := []rune(w)
		if len(runes) >= left {
			words[i] = string(runes[:left])
			return folded(words[:i+1])
		}
		left -= len(runes)
	}
	return folded(words)
}

// foldPlain is foldName for one short word of Chinese characters that have no other form, which most names are.
func foldPlain(name string) (folded, bool) {
	if len(name) == 0 || len(name) >= longestName {
		return nil, false
	}
	plain := make([]byte, 0, len(name))
	for _, r := range name {
		if r < '\u4e00' || r > '\u9fff' {
			return nil, false
		}
		plain = utf8.AppendRune(plain, simplified(r))
	}
	return folded{string(plain)}, true
}

// plainLetters are letters that do not fall apart into a plain one and an accent.
var plainLetters = map[rune]string{'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'đ': "d", 'ð': "d", 'ł': "l", 'ı': "i", 'þ': "th"}

func simplified(r rune) rune {
	if s, known := simplifiedOf[r]; known {
		return s
	}
	return r
}

// traditional lists pairs of a traditional character, or a variant of one, and the simplified one, as far as they are usual in
// names. What is missing is found by its reading all the same.
const traditional = "張张陳陈劉刘楊杨趙赵黃黄吳吴孫孙馬马許许鄧邓鄭郑馮冯鐘钟鍾钟韓韩蕭萧葉叶蘇苏呂吕盧卢蔣蒋賈贾鄒邹龍龙萬万錢钱嚴严賴赖" +
	"龔龚龐庞閻阎聶聂齊齐葛葛華华滕滕歐欧區区應应勞劳陸陆顧顾莊庄駱骆麥麦關关甯宁寧宁樊樊畢毕薩萨紀纪時时實实項项賀贺藍蓝藺蔺" +
	"單单冼冼連连蔔卜喬乔譚谭鄺邝鄔邬鄢鄢鄲郸鮑鲍鮮鲜鳳凤麗丽國国偉伟強强軍军傑杰麗丽艷艳豔艳娟娟靜静麗丽蘭兰英英華华玉玉蓮莲" +
	"貞贞淑淑鳳凤瑩莹潔洁瓊琼慶庆祿禄壽寿福福興兴旺旺財财寶宝貴贵榮荣樹树濤涛輝辉煒炜燁烨煥焕燦灿炳炳銘铭鋒锋鋼钢鐵铁銳锐鑫鑫" +
	"銀银鈞钧錦锦鎮镇鏡镜長长門门開开閔闵間间闊阔雲云霧雾電电靈灵韋韦韻韵順顺須须頌颂領领頤颐頻频顏颜願愿風风飛飞馳驰駿骏騰腾" +
	"驊骅驍骁鴻鸿鵬鹏鶴鹤鷹鹰鵑鹃鶯莺麟麟黨党鼎鼎齡龄龍龙愛爱慧慧懷怀憶忆戀恋戰战揚扬揮挥撫抚擇择敵敌數数斌斌曉晓暉晖曄晔書书" +
	"會会東东楓枫楨桢榕榕業业極极樂乐樓楼橋桥檢检櫻樱權权歡欢歲岁歷历殿殿毅毅氣气漢汉漣涟澤泽濱滨瀾澜濟济湧涌涼凉淵渊淨净渾浑" +
	"溫温滄沧滿满潤润澗涧澄澄灝灏為为烏乌煙烟熱热爾尔牽牵獎奖獨独獻献環环珮佩琺珐瑤瑶瑪玛璽玺璿璇甦苏畫画異异當当發发盡尽監监" +
	"盤盘睿睿碩硕碧碧禮礼禎祯禪禅穎颖穀谷積积穩稳競竞筆笔節节範范築筑簡简籌筹糧粮紅红純纯紋纹納纳紹绍細细終终組组結结絢绚給给" +
	"統统絲丝經经綠绿維维綱纲綺绮綾绫緒绪緣缘緯纬練练縣县縱纵總总績绩織织繡绣繩绳繪绘繼继續续纓缨罗罗羅罗義义習习聖圣聞闻聯联" +
	"聰聪聲声職职肅肃脈脉腦脑臨临臺台與与舉举艦舰蒼苍蓋盖蔭荫薇薇薈荟薔蔷藝艺藥药蘊蕴虎虎處处號号蟬蝉衛卫裝装複复見见規规視视" +
	"親亲覺觉觀观訓训記记訊讯設设訪访詠咏詩诗詳详誠诚語语誼谊諒谅論论諾诺謀谋謙谦講讲謝谢證证識识譯译護护讓让豐丰豪豪貝贝負负" +
	"貢贡費费資资賓宾賜赐賢贤質质贊赞贏赢趨趋躍跃車车軒轩輔辅輪轮輯辑轉转辭辞辰辰農农進进遠远達达適适遷迁選选還还邁迈邊边鄉乡" +
	"醫医釋释鈴铃鉅巨錫锡鍵键鏗铿鑒鉴鑑鉴陽阳隊队際际隨随險险隱隐雋隽雙双雞鸡難难霽霁韜韬題题類类顯显飄飘館馆駒驹騫骞驅驱驗验" +
	"驚惊魯鲁鯤鲲鳴鸣鴿鸽麗丽麥麦點点齋斋嵐岚峯峰島岛嶺岭嶽岳崑昆壩坝堅坚報报場场塵尘墻墙壯壮夢梦夠够奮奋婁娄婦妇媽妈嫻娴嬌娇" +
	"嬋婵孌娈學学宮宫寬宽審审寫写將将尋寻導导層层屬属岡冈帥帅師师帶带幹干幾几廣广廟庙廳厅張张彌弥彥彦從从復复徹彻徵征恆恒悅悦" +
	"惠惠惲恽愷恺慮虑憲宪懇恳戲戏戶户拋抛挾挟捨舍採采掃扫損损搖摇擁拥據据擔担擬拟攜携攝摄攬揽敘叙斷断於于昇升晉晋晝昼暢畅曆历" +
	"朧胧機机條条棟栋棗枣榮荣構构槍枪樸朴橫横檔档櫃柜欣欣歸归殘残殼壳毀毁氾泛決决沖冲況况洩泄浹浃淺浅測测湊凑準准溝沟滅灭漲涨" +
	"傳传債债傷伤傾倾僅仅僑侨儀仪億亿儉俭優优兒儿內内兩两冊册凈净凱凯劃划創创劇剧劍剑勁劲動动務务勝胜勛勋勳勋勵励勸劝勻匀協协" +
	"卻却厲厉參参叢丛員员問问啟启啓启喚唤喪丧喜喜嘆叹嘯啸嘗尝嚮向圍围園园圓圆圖图團团執执佔占來来侖仑俠侠倫伦個个們们倉仓偉伟"

var simplifiedOf = func() map[rune]rune {
	m := map[rune]rune{}
	runes := []rune(traditional)
	for i := 0; i+1 < len(runes); i += 2 {
		m[runes[i]] = runes[i+1]
	}
	return m
}()
