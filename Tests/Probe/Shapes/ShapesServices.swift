public import Platform
import ShapesCBORAPI
import ShapesControlAPI
import ShapesEC2API
import ShapesJSON10API
import ShapesJSON11API
import ShapesMeterAPI
import ShapesQueryAPI
import ShapesRESTJSONAPI
import ShapesRESTXMLAPI
import Wire

extension ServiceModule {
    /// Services of the tests with every shape, one for each protocol, which echo what they are given.
    public static let shapes: [ServiceModule] = [
        ServiceModule(
            ShapesQuery.self,
            operations: [
                ShapesQuery.Echo.self, ShapesQuery.EchoNothing.self, ShapesQuery.EchoEmpty.self, ShapesQuery.Fail.self,
            ]),
        ServiceModule(
            ShapesEC2.self,
            operations: [
                ShapesEC2.Echo.self, ShapesEC2.EchoNothing.self, ShapesEC2.EchoEmpty.self, ShapesEC2.Fail.self,
            ]),
        ServiceModule(
            ShapesJSON10.self,
            operations: [
                ShapesJSON10.Echo.self, ShapesJSON10.EchoNothing.self, ShapesJSON10.EchoEmpty.self,
                ShapesJSON10.Fail.self,
            ]),
        ServiceModule(
            ShapesJSON11.self,
            operations: [
                ShapesJSON11.Echo.self, ShapesJSON11.EchoNothing.self, ShapesJSON11.EchoEmpty.self,
                ShapesJSON11.Fail.self,
            ]),
        ServiceModule(
            ShapesCBOR.self,
            operations: [
                ShapesCBOR.Echo.self, ShapesCBOR.EchoNothing.self, ShapesCBOR.EchoEmpty.self, ShapesCBOR.Fail.self,
            ]),
        ServiceModule(
            ShapesMeter.self,
            operations: [
                ShapesMeter.Echo.self, ShapesMeter.EchoNothing.self, ShapesMeter.EchoEmpty.self, ShapesMeter.Fail.self,
            ]),
        ServiceModule(
            ShapesRESTJSON.self,
            operations: [
                ShapesRESTJSON.Echo.self, ShapesRESTJSON.EchoNothing.self, ShapesRESTJSON.EchoEmpty.self,
                ShapesRESTJSON.EchoBindings.self, ShapesRESTJSON.EchoHead.self, ShapesRESTJSON.EchoData.self,
                ShapesRESTJSON.EchoText.self, ShapesRESTJSON.EchoTree.self, ShapesRESTJSON.Fail.self,
            ]),
        ServiceModule(
            ShapesRESTXML.self, hasVirtualHosts: true,
            operations: [
                ShapesRESTXML.Echo.self, ShapesRESTXML.EchoNothing.self, ShapesRESTXML.EchoEmpty.self,
                ShapesRESTXML.EchoBindings.self, ShapesRESTXML.EchoHead.self, ShapesRESTXML.EchoData.self,
                ShapesRESTXML.EchoText.self, ShapesRESTXML.EchoTree.self, ShapesRESTXML.Fail.self,
                ShapesRESTXML.ListThings.self, ShapesRESTXML.GetThing.self, ShapesRESTXML.GetThingPart.self,
            ]),
        ServiceModule(ShapesControl.self, operations: [ShapesControl.GetSetting.self]),
    ]
}

extension ShapesQuery.Echo: EchoOperation {}
extension ShapesQuery.EchoNothing: EchoOperation {}
extension ShapesQuery.EchoEmpty: EchoOperation {}
extension ShapesQuery.Fail: FailOperation { static var service: ServiceShape { ShapesQuery.service } }

extension ShapesEC2.Echo: EchoOperation {}
extension ShapesEC2.EchoNothing: EchoOperation {}
extension ShapesEC2.EchoEmpty: EchoOperation {}
extension ShapesEC2.Fail: FailOperation { static var service: ServiceShape { ShapesEC2.service } }

extension ShapesJSON10.Echo: EchoOperation {}
extension ShapesJSON10.EchoNothing: EchoOperation {}
extension ShapesJSON10.EchoEmpty: EchoOperation {}
extension ShapesJSON10.Fail: FailOperation { static var service: ServiceShape { ShapesJSON10.service } }

extension ShapesJSON11.Echo: EchoOperation {}
extension ShapesJSON11.EchoNothing: EchoOperation {}
extension ShapesJSON11.EchoEmpty: EchoOperation {}
extension ShapesJSON11.Fail: FailOperation { static var service: ServiceShape { ShapesJSON11.service } }

extension ShapesCBOR.Echo: EchoOperation {}
extension ShapesCBOR.EchoNothing: EchoOperation {}
extension ShapesCBOR.EchoEmpty: EchoOperation {}
extension ShapesCBOR.Fail: FailOperation { static var service: ServiceShape { ShapesCBOR.service } }

extension ShapesMeter.Echo: EchoOperation {}
extension ShapesMeter.EchoNothing: EchoOperation {}
extension ShapesMeter.EchoEmpty: EchoOperation {}
extension ShapesMeter.Fail: FailOperation { static var service: ServiceShape { ShapesMeter.service } }

extension ShapesRESTJSON.Echo: EchoOperation {}
extension ShapesRESTJSON.EchoNothing: EchoOperation {}
extension ShapesRESTJSON.EchoEmpty: EchoOperation {}
extension ShapesRESTJSON.EchoBindings: EchoOperation {}
extension ShapesRESTJSON.EchoHead: EchoOperation {}
extension ShapesRESTJSON.EchoData: EchoOperation {}
extension ShapesRESTJSON.EchoText: EchoOperation {}
extension ShapesRESTJSON.EchoTree: EchoOperation {}
extension ShapesRESTJSON.Fail: FailOperation { static var service: ServiceShape { ShapesRESTJSON.service } }

extension ShapesRESTXML.Echo: EchoOperation {}
extension ShapesRESTXML.EchoNothing: EchoOperation {}
extension ShapesRESTXML.EchoEmpty: EchoOperation {}
extension ShapesRESTXML.EchoBindings: EchoOperation {}
extension ShapesRESTXML.EchoHead: EchoOperation {}
extension ShapesRESTXML.EchoData: EchoOperation {}
extension ShapesRESTXML.EchoText: EchoOperation {}
extension ShapesRESTXML.EchoTree: EchoOperation {}
extension ShapesRESTXML.Fail: FailOperation { static var service: ServiceShape { ShapesRESTXML.service } }
extension ShapesRESTXML.ListThings: EchoOperation {}
extension ShapesRESTXML.GetThing: EchoOperation {}
extension ShapesRESTXML.GetThingPart: EchoOperation {}

extension ShapesControl.GetSetting: EchoOperation {}
