package hsphere_test

import (
	"context"
	"fmt"
	"log"

	"wsexchange/internal/hsphere"
)

// A folder with the tables of H-Sphere as CSV files is read like its database.
func Example() {
	ctx := context.Background()
	panel, err := hsphere.Open(ctx, "testdata/panel")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = panel.Close() }()
	for organization, err := range panel.Organizations(ctx, nil) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(organization.Name, organization.Plans, *organization.Mail, "MB")
		for _, user := range organization.Users {
			fmt.Println(" ", user.Principal(), user.Password, user.Addresses)
		}
	}
	// Output:
	// acme [base_mail gold_mail] 100 MB
	//   bob@acme.example [redacted] [robert@acme.example]
}
