"""The types of the resources that the package registers, as an engine calls them."""

from typing import Final

GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"
LIST: Final = "aws:ec2/managedPrefixList:ManagedPrefixList"
INGRESS: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS: Final = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
AWS_RULES: Final = (INGRESS, EGRESS)
EXCLUSIVE: Final = "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive"

NSG: Final = "azure-native:network:NetworkSecurityGroup"
ASG: Final = "azure-native:network:ApplicationSecurityGroup"
