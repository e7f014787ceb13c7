// A VPC, an Exchange organization's firewall in it, and the interfaces of its servers.
package main

import (
	"github.com/exchange-ports/pulumi-exchange-ports/sdk/go/exchangeports"
	"github.com/pulumi/pulumi-aws/sdk/v7/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// The addresses that the topology declares.
var servers = map[string]string{"ex1": "10.20.0.11", "ex2": "10.20.0.12"}

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		vpc, err := ec2.NewVpc(ctx, "corp", &ec2.VpcArgs{CidrBlock: pulumi.String("10.20.0.0/16")})
		if err != nil {
			return err
		}
		subnet, err := ec2.NewSubnet(ctx, "corp", &ec2.SubnetArgs{
			VpcId:     vpc.ID(),
			CidrBlock: pulumi.String("10.20.0.0/24"),
		})
		if err != nil {
			return err
		}
		firewall, err := exchangeports.NewExchangeFirewall(ctx, "exchange", &exchangeports.ExchangeFirewallArgs{
			// The organization: networks, sites, servers, clients. It can also be a map here, as Topology.
			TopologyFile: pulumi.StringRef("Pulumi.topology.yaml"),
			AwsNetworks: map[string]exchangeports.AwsNetworkInput{
				"corp": exchangeports.AwsNetworkArgs{VpcId: vpc.ID()},
			},
		})
		if err != nil {
			return err
		}
		for name, address := range servers {
			_, err := ec2.NewNetworkInterface(ctx, name, &ec2.NetworkInterfaceArgs{
				SubnetId:   subnet.ID(),
				PrivateIps: pulumi.StringArray{pulumi.String(address)},
				// Known only after every rule exists.
				SecurityGroups: firewall.Servers.MapIndex(pulumi.String(name)).SecurityGroupIds(),
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}
