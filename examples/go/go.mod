module exchange-go

go 1.25

require (
	github.com/pulumi/pulumi-aws/sdk/v7 v7.51.1
	github.com/pulumi/pulumi/sdk/v3 v3.259.0
)
