package web

import (
	"net/http"
	"strings"

	"golang.org/x/text/language"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/words"
)

// langCookie remembers a language chosen with ?lang= until the browser closes: "en" for whoever stands at the door, "en.USER"
// for the user who chose it while he was signed in. Once somebody is signed in, his account goes before what was chosen at the
// door, so that his language follows him from device to device.
const langCookie = "lang"

var (
	matched = []words.Lang{words.English, words.Chinese}
	matcher = language.NewMatcher([]language.Tag{language.English, language.SimplifiedChinese})
)

// languageOf finds the language of a request: what the address asks for, what was asked for before, what the user's
// account says, what the browser sends, the default. Who reads neither is likelier to read English.
func languageOf(r *http.Request, by access.Session) words.Lang {
	asked, account := []string{r.URL.Query().Get("lang")}, string(by.Lang)
	if c, err := r.Cookie(langCookie); err == nil {
		lang, user, _ := strings.Cut(c.Value, ".")
		if by.User == 0 || user == by.User.String() {
			asked = append(asked, lang)
		}
	}
	for _, s := range append(asked, account) {
		if l := words.Lang(s); l == words.Chinese || l == words.English {
			return l
		}
	}
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil || len(tags) == 0 {
		return words.Langs[0]
	}
	_, at, _ := matcher.Match(tags...)
	return matched[at]
}

// rememberLanguage keeps a language asked for in the address. It is a choice of how to read, not a change of anything.
func rememberLanguage(w http.ResponseWriter, r *http.Request, by outbreak.UserID, secure bool) {
	l := words.Lang(r.URL.Query().Get("lang"))
	if l == words.Chinese || l == words.English {
		http.SetCookie(w, languageCookie(chosenBy(l, by), secure))
	}
}

func chosenBy(l words.Lang, by outbreak.UserID) string {
	if by == 0 {
		return string(l)
	}
	return string(l) + "." + by.String()
}

func languageCookie(lang string, secure bool) *http.Cookie {
	return &http.Cookie{Name: langCookie, Value: lang, Path: "/", HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode}
}

// htmlLang is the lang attribute; it also picks the right Han glyphs.
func htmlLang(l words.Lang) string {
	if l == words.Chinese {
		return "zh-CN"
	}
	return "en"
}
