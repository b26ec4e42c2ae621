// Command duckdb runs SQL statements on an in-memory DuckDB and prints the rows
// of each, tab-separated under their names: what `duckdb -c` does, for machines
// without DuckDB's own shell. It needs a C++ compiler.
package main

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"os"
	"strings"

	_ "github.com/duckdb/duckdb-go/v2"
)

func main() {
	query := flag.String("c", "", "run the statements `SQL`")
	flag.Parse()
	if err := run(context.Background(), *query, flag.Args()); err != nil {
		fmt.Fprintf(os.Stderr, "duckdb: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, query string, args []string) error {
	if query == "" || len(args) > 0 {
		return fmt.Errorf("usage: duckdb -c SQL")
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for more := true; more; more = rows.NextResultSet() {
		if err := printRows(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func printRows(rows *sql.Rows) error {
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	fmt.Println(strings.Join(names, "\t"))
	values, targets := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		for i, v := range values {
			if i > 0 {
				fmt.Print("\t")
			}
			fmt.Print(v)
		}
		fmt.Println()
	}
	return rows.Err()
}
