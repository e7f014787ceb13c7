"""The VPC and the subnet of pulumi-aws, made by boto3 in EC2, for programs that create their own network.

Knows: the inputs that the programs in examples/ give. Must not know: our program, which makes none.
"""

from typing import Any

from tests.engine.aws_kinds import Ec2Kind, code_of
from tests.engine.ec2_server import ClientError
from tests.engine.provider import Values

__all__ = ["Subnet", "Vpc"]


class Vpc(Ec2Kind):
    token = "aws:ec2/vpc:Vpc"  # noqa: S105
    inputs = frozenset({"cidrBlock", "region"})
    required = frozenset({"cidrBlock"})
    replacing = inputs
    computed = Ec2Kind.computed | {"region"}
    tagged_as = "vpc"

    def create(self, inputs: Values) -> tuple[str, Values]:
        id_ = str(self.ec2.create_vpc(CidrBlock=inputs["cidrBlock"])["Vpc"]["VpcId"])
        return id_, self.standing(id_, inputs)

    def read(self, id_: str, known: Values) -> Values | None:
        try:
            (found,) = self.ec2.describe_vpcs(VpcIds=[id_])["Vpcs"]
        except ClientError as refused:
            if code_of(refused) == "InvalidVpcID.NotFound":
                return None
            raise
        return {"cidrBlock": found["CidrBlock"], "region": self.ec2.meta.region_name}

    def delete(self, id_: str, olds: Values) -> None:
        self.ec2.delete_vpc(VpcId=id_)


class Subnet(Ec2Kind):
    token = "aws:ec2/subnet:Subnet"  # noqa: S105
    inputs = frozenset({"cidrBlock", "region", "vpcId"})
    required = frozenset({"vpcId"})
    replacing = inputs
    computed = Ec2Kind.computed | {"region"}
    tagged_as = "subnet"

    def create(self, inputs: Values) -> tuple[str, Values]:
        given: dict[str, Any] = {"VpcId": inputs["vpcId"], "CidrBlock": inputs["cidrBlock"]}
        id_ = str(self.ec2.create_subnet(**given)["Subnet"]["SubnetId"])
        return id_, self.standing(id_, inputs)

    def read(self, id_: str, known: Values) -> Values | None:
        try:
            (found,) = self.ec2.describe_subnets(SubnetIds=[id_])["Subnets"]
        except ClientError as refused:
            if code_of(refused) == "InvalidSubnetID.NotFound":
                return None
            raise
        region = self.ec2.meta.region_name
        return {"cidrBlock": found["CidrBlock"], "vpcId": found["VpcId"], "region": region}

    def delete(self, id_: str, olds: Values) -> None:
        self.ec2.delete_subnet(SubnetId=id_)
