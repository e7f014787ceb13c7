// Package ec2 stands in for the one of pulumi-aws: the three resources that examples/go creates, with the inputs
// that it gives. The real module takes minutes to compile, and the tests use no network to get it.
package ec2

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

type (
	Vpc struct{ pulumi.CustomResourceState }

	VpcArgs struct{ CidrBlock pulumi.StringPtrInput }

	Subnet struct{ pulumi.CustomResourceState }

	SubnetArgs struct {
		VpcId     pulumi.StringInput
		CidrBlock pulumi.StringPtrInput
	}

	NetworkInterface struct{ pulumi.CustomResourceState }

	NetworkInterfaceArgs struct {
		SubnetId       pulumi.StringInput
		PrivateIps     pulumi.StringArrayInput
		SecurityGroups pulumi.StringArrayInput
	}
)

func NewVpc(ctx *pulumi.Context, name string, args *VpcArgs, opts ...pulumi.ResourceOption) (*Vpc, error) {
	made := &Vpc{}
	inputs := pulumi.Map{"cidrBlock": args.CidrBlock}
	return made, ctx.RegisterResource("aws:ec2/vpc:Vpc", name, inputs, made, opts...)
}

func NewSubnet(ctx *pulumi.Context, name string, args *SubnetArgs, opts ...pulumi.ResourceOption) (*Subnet, error) {
	made := &Subnet{}
	inputs := pulumi.Map{"vpcId": args.VpcId, "cidrBlock": args.CidrBlock}
	return made, ctx.RegisterResource("aws:ec2/subnet:Subnet", name, inputs, made, opts...)
}

func NewNetworkInterface(
	ctx *pulumi.Context, name string, args *NetworkInterfaceArgs, opts ...pulumi.ResourceOption,
) (*NetworkInterface, error) {
	made := &NetworkInterface{}
	inputs := pulumi.Map{
		"subnetId":       args.SubnetId,
		"privateIps":     args.PrivateIps,
		"securityGroups": args.SecurityGroups,
	}
	return made, ctx.RegisterResource("aws:ec2/networkInterface:NetworkInterface", name, inputs, made, opts...)
}
