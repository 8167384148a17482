package linelist

import (
	"strings"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

const viewColumns = "id, owner, role, area, name, query, columns, recorded_at"

func scanView(r store.Row) (v View, err error) {
	var columns string
	err = r.Scan(&v.ID, &v.owner, &v.Role, &v.Area, &v.Name, &v.Query, &columns, &v.RecordedAt)
	if columns != "" {
		v.Columns = strings.Split(columns, "\n")
	}
	return v, err
}

func insertView(tx *store.Tx, v View) error {
	return tx.Must("insert into saved_view ("+viewColumns+") values ($1, $2, $3, $4, $5, $6, $7, $8)", v.ID, v.owner, v.Role, v.Area, v.Name, v.Query, strings.Join(v.Columns, "\n"), v.RecordedAt)
}

func viewByID(tx *store.Tx, id outbreak.ViewID) (View, bool, error) {
	return store.One(tx, scanView, "select "+viewColumns+" from saved_view where id = $1", id)
}

// viewsOf lists the views of a user and those shared with some roles.
func viewsOf(tx *store.Tx, user outbreak.UserID, roles []string) ([]View, error) {
	in, args := store.In([]any{user, ""}, append(roles, ""))
	return store.List(tx, scanView, "select "+viewColumns+" from saved_view where owner = $1 or role <> $2 and role in ("+in+") order by name, id", args...)
}
