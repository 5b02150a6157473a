/**
 * AuditLogRecordType by number: runs of consecutive numbers, each with its first. From the published table of the
 * Office 365 Management Activity API schema; what that leaves out comes from the order of the cmdlet's RecordType
 * enumeration, which agrees with the table at every number they share but 79, 103, 187, 217 and 288 to 301 (the table
 * stands). 26, 27, 137 and what is not here have no known name. 217 and 219 are one name in the two sources.
 */
const runs: readonly (readonly [first: number, names: string])[] = [
  [
    1,
    `ExchangeAdmin ExchangeItem ExchangeItemGroup SharePoint SyntheticProbe SharePointFileOperation OneDrive
     AzureActiveDirectory AzureActiveDirectoryAccountLogon DataCenterSecurityCmdlet ComplianceDLPSharePoint Sway
     ComplianceDLPExchange SharePointSharingOperation AzureActiveDirectoryStsLogon SkypeForBusinessPSTNUsage
     SkypeForBusinessUsersBlocked SecurityComplianceCenterEOPCmdlet ExchangeAggregatedOperation PowerBIAudit CRM
     Yammer SkypeForBusinessCmdlets Discovery MicrosoftTeams`,
  ],
  [
    28,
    `ThreatIntelligence MailSubmission MicrosoftFlow AeD MicrosoftStream ComplianceDLPSharePointClassification
     ThreatFinder Project SharePointListOperation SharePointCommentOperation DataGovernance Kaizala
     SecurityComplianceAlerts ThreatIntelligenceUrl SecurityComplianceInsights MIPLabel WorkplaceAnalytics
     PowerAppsApp PowerAppsPlan ThreatIntelligenceAtpContent LabelContentExplorer TeamsHealthcare`,
  ],
  [
    50,
    `ExchangeItemAggregated HygieneEvent DataInsightsRestApiAudit InformationBarrierPolicyApplication
     SharePointListItemOperation SharePointContentTypeOperation SharePointFieldOperation MicrosoftTeamsAdmin HRSignal
     MicrosoftTeamsDevice MicrosoftTeamsAnalytics InformationWorkerProtection Campaign DLPEndpoint AirInvestigation
     Quarantine MicrosoftForms ApplicationAudit ComplianceSupervisionExchange CustomerKeyServiceEncryption
     OfficeNative MipAutoLabelSharePointItem MipAutoLabelSharePointPolicyLocation MicrosoftTeamsShifts SecureScore
     MipAutoLabelExchangeItem CortanaBriefing Search WDATPAlerts PowerAppsResource PowerPlatformAdminEnvironment
     MDATPAudit SensitivityLabelPolicyMatch SensitivityLabelAction SensitivityLabeledFileAction AttackSim
     AirManualInvestigation SecurityComplianceRBAC UserTraining AirAdminActionInvestigation MSTIC
     PhysicalBadgingSignal TeamsEasyApprovals AipDiscover AipSensitivityLabelAction AipProtectionAction
     AipFileDeleted AipHeartBeat MCASAlerts OnPremisesFileShareScannerDlp`,
  ],
  [
    100,
    `OnPremisesSharePointScannerDlp ExchangeSearch SharePointSearch PrivacyInsights LabelAnalyticsAggregate
     MyAnalyticsSettings SecurityComplianceUserChange ComplianceDLPExchangeClassification ComplianceDLPEndpoint
     MipExactDataMatch MSDEResponseActions MSDEGeneralSettings MSDEIndicatorsSettings MS365DCustomDetection
     MSDERolesSettings MAPGAlerts MAPGPolicy MAPGRemediation PrivacyRemediationAction PrivacyDigestEmail
     MipAutoLabelSimulationProgress MipAutoLabelSimulationCompletion MipAutoLabelProgressFeedback
     DlpSensitiveInformationType MipAutoLabelSimulationStatistics LargeContentMetadata Microsoft365Group
     CDPMlInferencingResult FilteringMailMetadata CDPClassificationMailItem CDPClassificationDocument
     OfficeScriptsRunAction FilteringPostMailDeliveryAction CDPUnifiedFeedback TenantAllowBlockList
     ConsumptionResource HealthcareSignal`,
  ],
  [
    138,
    `DlpImportResult CDPCompliancePolicyExecution MultiStageDisposition PrivacyDataMatch FilteringDocMetadata
     FilteringEmailFeatures PowerBIDlp FilteringUrlInfo FilteringAttachmentInfo CoreReportingSettings
     ComplianceConnector PowerPlatformLockboxResourceAccessRequest`,
  ],
  [
    150,
    `PowerPlatformLockboxResourceCommand CDPPredictiveCodingLabel CDPCompliancePolicyUserFeedback
     WebpageActivityEndpoint OMEPortal CMImprovementActionChange FilteringUrlClick MipLabelAnalyticsAuditRecord
     FilteringEntityEvent FilteringRuleHits FilteringMailSubmission LabelExplorer MicrosoftManagedServicePlatform
     PowerPlatformServiceActivity ScorePlatformGenericAuditRecord FilteringTimeTravelDocMetadata Alert AlertStatus
     AlertIncident IncidentStatus Case CaseInvestigation RecordsManagement PrivacyRemediation DataShareOperation
     CdpDlpSensitive EHRConnector FilteringMailGradingResult PublicFolder PrivacyTenantAuditHistoryRecord
     AipScannerDiscoverEvent EduDataLakeDownloadOperation M365ComplianceConnector MicrosoftGraphDataConnectOperation
     MicrosoftPurview FilteringEmailContentFeatures PowerPagesSite PowerPlatformAdminDlp PlannerPlan PlannerCopyPlan
     PlannerTask PlannerRoster PlannerPlanList PlannerTaskList PlannerTenantSettings ProjectForTheWebProject
     ProjectForTheWebTask ProjectForTheWebRoadmap ProjectForTheWebRoadmapItem ProjectForTheWebProjectSettings`,
  ],
  [
    200,
    `ProjectForTheWebRoadmapSettings QuarantineMetadata MicrosoftTodoAudit TimeTravelFilteringDocMetadata
     TeamsQuarantineMetadata SharePointAppPermissionOperation MicrosoftTeamsSensitivityLabelAction
     FilteringTeamsMetadata FilteringTeamsUrlInfo FilteringTeamsPostDeliveryAction MDCAssessments
     MDCRegulatoryComplianceStandards MDCRegulatoryComplianceControls MDCRegulatoryComplianceAssessments
     MDCSecurityConnectors MDADataSecuritySignal VivaGoals MicrosoftGraphDataConnectConsent AttackSimAdmin
     MicrosoftGraphDataConnectConsent FilteringAtpDetonationInfo PrivacyPortal ManagedTenants
     UnifiedSimulationMatchedItem UnifiedSimulationSummary UpdateQuarantineMetadata MS365DSuppressionRule
     PurviewDataMapOperation FilteringUrlPostClickAction IrmUserDefinedDetectionSignal TeamsUpdates
     PlannerRosterSensitivityLabel MS365DIncident FilteringDelistingMetadata
     ComplianceDLPSharePointClassificationExtended MicrosoftDefenderForIdentityAudit SupervisoryReviewDayXInsight
     DefenderExpertsforXDRAdmin CDPEdgeBlockedMessage HostedRpa CdpContentExplorerAggregateRecord
     CDPHygieneAttachmentInfo CDPHygieneSummary CDPPostMailDeliveryAction CDPEmailFeatures CDPHygieneUrlInfo
     CDPUrlClick CDPPackageManagerHygieneEvent FilteringDocScan TimeTravelFilteringDocScan`,
  ],
  [
    250,
    `MAPGOnboard VfamCreatePolicy VfamUpdatePolicy VfamDeletePolicy M365DAAD CdpColdCrawlStatus
     PowerPlatformAdministratorActivity Windows365CustomerLockbox CdpResourceScopeChangeEvent
     ComplianceCCExchangeExecutionResult CdpOcrCostEstimatorRecord CopilotInteraction CdpOcrBillingRecord
     ComplianceDLPApplications UAMOperation VivaLearning VivaLearningAdmin PurviewPolicyOperation
     PurviewMetadataPolicyOperation PeopleAdminSettings CdpComplianceDLPExchangeClassification
     CdpComplianceDLPSharePointClassification FilteringBulkSenderInsightData FilteringBulkThresholdInsightData
     PrivacyOpenAccess OWAAuth ComplianceDLPApplicationsClassification SharePointESignature
     Dynamics365BusinessCentral MeshWorlds VivaPulseResponse VivaPulseOrganizer VivaPulseAdmin VivaPulseReport
     AIAppInteraction ComplianceDLMExchange ComplianceDLMSharePoint ProjectForTheWebAssignedToMeSettings
     CloudPolicyService ComplianceDLPExchangeDiscovery PurviewMCRecommendation SensitiveInfoDiscovered
     InsiderRiskScopedUserInsights MicrosoftTeamsRetentionLabelAction AadRiskDetection AuditSearch
     AuditRetentionPolicy AuditConfig BackupPolicy RestoreTask`,
  ],
  [
    300,
    `RestoreItem BackupItem URBACAssignment URBACRole URBACEnableState IRMSecurityAlert PurviewInsiderRiskCases
     PurviewInsiderRiskAlerts InsiderRiskScopedUsers CdpConsumptionResource CreateCopilotPlugin UpdateCopilotPlugin
     DeleteCopilotPlugin EnableCopilotPlugin DisableCopilotPlugin CreateCopilotWorkspace UpdateCopilotWorkspace
     DeleteCopilotWorkspace EnableCopilotWorkspace DisableCopilotWorkspace CreateCopilotPromptBook
     UpdateCopilotPromptBook DeleteCopilotPromptBook EnableCopilotPromptBook DisableCopilotPromptBook
     UpdateCopilotSettings P4AIAssessmentRecord P4AIAssessmentLocationResultRecord ConnectedAIAppInteraction
     PrivaPrivacyConsentOperation PrivaPrivacyAssessmentOperation DataCatalogAccessRequests ComplianceSettingsChange
     DataSecurityInvestigation TeamCopilotInteraction IRMActivityAuditTrail SharePointContentSecurityPolicy
     CloudUpdateProfileConfig CloudUpdateTenantConfig CloudUpdateDeviceConfig DefenderPreviewFeatures
     DeviceDiscoverySettingsExclusion DeviceDiscoverySettingsAuthenticatedScans CriticalAssetManagementClassification
     DeviceDiscoverySettings USXWorkspaceOnboarding VivaGlintAdvancedConfiguration VivaGlintPulseProgram
     VivaGlintPulseProgramRespondentRate VivaGlintQuestion`,
  ],
  [
    350,
    `VivaGlintRole VivaGlintRubicon VivaGlintSupportAccess VivaGlintSystem VivaGlintUser VivaGlintUserGroup
     VivaGlintFeedbackProgram FabricAudit TrainableClassifier WebContentFiltering NoisyAlertPolicy
     DataScanClassification AIInteractionsExport Microsoft365CopilotScheduledPrompt PlacesDirectory
     SentinelNotebookOnLake SentinelJob SentinelKQLOnLake SentinelLakeOnboarding SentinelLakeDataOnboarding
     SentinelAITool SentinelGraph CrossTenantAccessPolicy OutlookCopilotAutomation VivaEngageNetworkAssociation
     AppAdminActivity AppSettingsAdminActivity UniversalPrintPrintJob VivaAmplifyOutlookSensitivityLabel
     AIInteractionsSubscription AIInteractionsChangeNotification FilteringMailMetadataExtended
     OfficeRestrictedModeAction CopilotForSecurityTrigger CopilotAgentManagement P4AIAssessmentFabricScannerRecord
     PlannerGoal PlannerGoalList`,
  ],
  [401, 'PlannerChatMessage PlannerChatMessageList'],
  [414, 'VivaEngageSegment'],
  [422, 'VivaEngageEvents'],
  [427, 'UniversalPrintManagement'],
  [430, 'PurviewPostureAgent GranularBrowseTask'],
  [444, 'TeamsEvalDataHubDataAccess TeamsEvalDataHubPermissionChange'],
  [454, 'DragonCopilotAdmin'],
  [462, 'MicrosoftTeamsUserConcern VivaGlintAgenticCampaign'],
];

const names = new Map(
  runs.flatMap(([first, run]) => run.split(/\s+/).map((name, i): [string, string] => [String(first + i), name])),
);

/** UserType of the same schema (0 to 8) and of Graph's auditLogUserType (9, 10). */
const userTypes = [
  'Regular',
  'Reserved',
  'Admin',
  'DcAdmin',
  'System',
  'Application',
  'ServicePrincipal',
  'CustomPolicy',
  'SystemPolicy',
  'PartnerTechnician',
  'Guest',
];

/** The name of a record type's number; a name stays, and so does a number without one. */
export function recordTypeName(type: string): string {
  return names.get(type) ?? type;
}

const userTypeNames = new Map(userTypes.map((name, i) => [String(i), name]));

/** The name of a user type's number; a name stays, and so does a number without one. */
export function userTypeName(type: string): string {
  const name = userTypeNames.get(type);
  if (name !== undefined) return name;
  return /^0\d$/.test(type) ? userTypes[Number(type)]! : type;
}
