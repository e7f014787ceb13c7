// A VPC, an Exchange organization's firewall in it, and the interfaces of its servers.
import * as pulumi from "@pulumi/pulumi";
import * as aws from "@pulumi/aws";
import { ExchangeFirewall } from "@exchange-ports/exchange-ports";

const vpc = new aws.ec2.Vpc("corp", { cidrBlock: "10.20.0.0/16" });
const subnet = new aws.ec2.Subnet("corp", { vpcId: vpc.id, cidrBlock: "10.20.0.0/24" });

const firewall = new ExchangeFirewall("exchange", {
    // The organization: networks, sites, servers, clients. It can also be an object here, as `topology`.
    topologyFile: "Pulumi.topology.yaml",
    awsNetworks: { corp: { vpcId: vpc.id } },
});

// The addresses that the topology declares.
const servers: Record<string, string> = { ex1: "10.20.0.11", ex2: "10.20.0.12" };

export const interfaces: Record<string, pulumi.Output<string>> = {};
for (const [name, address] of Object.entries(servers)) {
    interfaces[name] = new aws.ec2.NetworkInterface(name, {
        subnetId: subnet.id,
        privateIps: [address],
        // Known only after every rule exists.
        securityGroups: firewall.servers.apply(all => all[name].securityGroupIds!),
    }).id;
}
